/** Metadata changes under a running gate: the next answer follows, and no query that is under way notices. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { forward, type Reply, startGate, type TestGate } from './gate.ts';

const REGION = "SELECT region FROM gold.members WHERE member_id = 'M0001'";
const HASH = /^[0-9a-f]{64}$/;
const ROOT = join(import.meta.dirname, '../..');

let gate: TestGate;
let manifest: string;

beforeAll(async () => {
  gate = await startGate();
  manifest = readFileSync(manifestPath(), 'utf8');
});

afterAll(() => gate.close());

const manifestPath = (): string => join(gate.folder, 'target/manifest.json');

interface ManifestColumn {
  tags: string[];
  config: { tags: string[] };
}

/** What dbt writes after `tags: […]` was added to a column of the members in the project's YAML. */
function retag(column: string, tags: readonly string[]): void {
  const parsed = JSON.parse(manifest) as {
    nodes: Record<string, { columns: Record<string, ManifestColumn> }>;
  };
  const target = parsed.nodes['model.energy_community.members']!.columns[column]!;
  target.tags = [...target.tags, ...tags];
  target.config.tags = [...target.tags];
  writeFileSync(manifestPath(), JSON.stringify(parsed));
}

/** As a dbt run would change it: in place, then closed. */
async function inWarehouse(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(join(gate.folder, 'data/energy_community.duckdb'));
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

const setRegion = (value: string): Promise<void> =>
  inWarehouse(`UPDATE main_marts.members SET region = '${value}' WHERE member_id = 'M0001'`);

function valueIn(reply: Reply): { value: unknown; masked: boolean | undefined } {
  expect(reply.status, reply.text).toBe(200);
  return { value: reply.body.rows?.[0]?.[0], masked: reply.body.columns?.[0]?.masked };
}

async function regionNow(): Promise<{ value: unknown; masked: boolean | undefined }> {
  return valueIn(await gate.query('analyst', REGION));
}

async function cli(...args: string[]): Promise<string> {
  const main = join(ROOT, 'src/main.ts');
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [main, '--config', gate.folder, ...args]);
  return stdout;
}

describe('one tag in the manifest', () => {
  afterEach(async () => {
    writeFileSync(manifestPath(), manifest);
    await gate.push();
  });

  it('changes the next answer, and taken away again changes it back', async () => {
    expect(await regionNow()).toEqual({ value: 'north', masked: false });
    retag('region', ['pii']);
    await gate.push();
    expect(await regionNow()).toEqual({ value: expect.stringMatching(HASH), masked: true });
    retag('region', []);
    await gate.push();
    expect(await regionNow()).toEqual({ value: 'north', masked: false });
  });

  it('makes a column disappear for whom the policy hides it', async () => {
    retag('region', ['pii.birth_date']);
    await gate.push();
    const reply = await gate.query('service', REGION);
    expect(reply).toMatchObject({ status: 400, body: { code: 'column_not_found' } });
  });

  it('invalidates a cursor of before: its pages would be of two kinds', async () => {
    const sql = 'SELECT member_id, region FROM gold.members ORDER BY member_id';
    const first = await gate.query('analyst', sql, { limit: 5 });
    retag('region', ['pii']);
    await gate.push();
    const next = await gate.query('analyst', sql, { cursor: first.body.page?.next_cursor });
    expect(next).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
  });
});

describe('queries under way', () => {
  afterEach(async () => {
    writeFileSync(manifestPath(), manifest);
    await setRegion('north');
    await gate.push();
  });

  it('see no failure while data and metadata change hands, and never new data under old rules', async () => {
    const stream = await gate.open('analyst', 'POST', '/v1/query', {
      body: { sql: 'SELECT * FROM gold.meter_readings LIMIT 300000' },
      headers: { accept: 'application/x-ndjson' },
    });
    const lines = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    const opening = await lines.read();
    const applied = () => gate.observed.filter((seen) => seen.kind === 'snapshot_applied').length;
    const before = applied();

    let pushing = true;
    const seen: { value: unknown; masked: boolean | undefined }[] = [];
    const asking = ['analyst', 'officer', 'analyst'].map(async (persona) => {
      while (pushing) {
        const answer = valueIn(await gate.query(persona, REGION));
        if (persona === 'analyst') seen.push(answer);
      }
    });
    // What is written in odd rounds is personal data: the tag comes with it.
    for (let round = 1; round <= 4; round++) {
      await setRegion(`${round % 2 === 0 ? 'public' : 'secret'} ${round}`);
      retag('region', round % 2 === 0 ? [] : ['pii']);
      await gate.push();
      const now = await regionNow();
      if (round % 2 === 0) expect(now).toEqual({ value: `public ${round}`, masked: false });
      else expect(now).toEqual({ value: expect.stringMatching(HASH), masked: true });
    }
    pushing = false;
    await Promise.all(asking);
    // Each push once: to take one's own push over again would read the source again, whatever stands there by then.
    expect(applied()).toBe(before + 4);

    let text = String(opening.value);
    for (let part = await lines.read(); !part.done; part = await lines.read()) text += part.value;
    expect(text.split('\n').filter((line) => line !== '')).toHaveLength(300_000);
    expect(text).not.toContain('$sluice');

    expect(seen.length).toBeGreaterThan(8);
    for (const { value, masked } of seen) {
      if (masked) expect(value).toMatch(HASH);
      else expect(value).toMatch(/^(north|public \d)$/);
    }
  });
});

describe('a query that is planned while a push goes through', () => {
  it('reads the new data under the new rules', async () => {
    let meanwhile = async (): Promise<void> => {};
    const overtaken = await startGate({
      // Asked between the decision and the run.
      engine: (engine) =>
        forward(engine, {
          async witness(sql) {
            const now = meanwhile;
            meanwhile = async () => {};
            await now();
            return engine.witness(sql);
          },
        }),
    });
    const outer = gate;
    gate = overtaken;
    try {
      meanwhile = async () => {
        await setRegion('secret');
        retag('region', ['pii']);
        await gate.push();
      };
      expect(await regionNow()).toEqual({ value: expect.stringMatching(HASH), masked: true });
    } finally {
      gate = outer;
      await overtaken.close();
    }
  });
});

describe('a push from another process', () => {
  beforeEach(() => writeFileSync(manifestPath(), manifest));
  afterEach(async () => {
    writeFileSync(manifestPath(), manifest);
    await setRegion('north');
    await gate.push();
  });

  it('is seen by the next query of the running gate', async () => {
    retag('region', ['pii']);
    expect(JSON.parse(await cli('push', '--json'))).toMatchObject({ changed: true });
    expect(await regionNow()).toEqual({ value: expect.stringMatching(HASH), masked: true });
  });

  it('brings new data with it, though no metadata changed', async () => {
    await setRegion('moved');
    await cli('push');
    expect(await regionNow()).toEqual({ value: 'moved', masked: false });
  });

  it('leaves no copy of the data behind', async () => {
    await cli('push');
    const left = readdirSync(join(gate.folder, '.sluice'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((path) => path.endsWith('.duckdb'))).toHaveLength(1);
  });
});

describe('PUT /v1/metadata', () => {
  const body = (): object => {
    const { manifest: found, catalog, policies, yaml_files } = readArtifacts(gate.config, {});
    return { manifest: found, catalog, policies, yaml_files };
  };
  const etag = async (): Promise<string> => {
    const reply = await gate.call('pipeline', 'GET', '/v1/metadata');
    expect(reply.status, reply.text).toBe(200);
    return String(reply.headers.get('etag'));
  };

  afterEach(async () => {
    writeFileSync(manifestPath(), manifest);
    await gate.push();
  });

  it('is idempotent: the same state, the same ETag', async () => {
    const before = await etag();
    const reply = await gate.call('pipeline', 'PUT', '/v1/metadata', { body: body() });
    expect(reply).toMatchObject({ status: 200, body: { changed: false } });
    expect(reply.headers.get('etag')).toBe(before);
    expect(`"${reply.body.etag}"`).toBe(before);
  });

  it('applies for the next query', async () => {
    retag('region', ['pii']);
    const reply = await gate.call('pipeline', 'PUT', '/v1/metadata', { body: body() });
    expect(reply).toMatchObject({ status: 200, body: { changed: true } });
    expect(await etag()).toBe(reply.headers.get('etag'));
    expect(await regionNow()).toMatchObject({ masked: true });
  });

  it('with If-Match goes through when nobody was faster', async () => {
    retag('region', ['pii']);
    const headers = { 'if-match': await etag() };
    const reply = await gate.call('pipeline', 'PUT', '/v1/metadata', { body: body(), headers });
    expect(reply).toMatchObject({ status: 200, body: { changed: true } });
  });

  it('with If-Match is refused when somebody was, and changes nothing', async () => {
    const stale = await etag();
    retag('region', ['pii']);
    await gate.push();
    const between = await etag();
    writeFileSync(manifestPath(), manifest);
    const headers = { 'if-match': stale };
    const reply = await gate.call('pipeline', 'PUT', '/v1/metadata', { body: body(), headers });
    expect(reply).toMatchObject({ status: 409, body: { code: 'metadata_conflict' } });
    expect(await etag()).toBe(between);
    expect(await regionNow()).toMatchObject({ masked: true });
  });

  it('with dry_run tells what would be and applies nothing', async () => {
    const before = await etag();
    retag('region', ['pii']);
    const reply = await gate.call('pipeline', 'PUT', '/v1/metadata?dry_run=true', { body: body() });
    expect(reply).toMatchObject({ status: 200, body: { changed: true } });
    expect(reply.headers.get('etag')).not.toBe(before);
    expect(await etag()).toBe(before);
    expect(await regionNow()).toEqual({ value: 'north', masked: false });
  });

  it.each(['officer', 'analyst', 'service'])('by %s, who is no publisher, is denied', async (persona) => {
    const before = await etag();
    retag('region', ['pii']);
    const reply = await gate.call(persona, 'PUT', '/v1/metadata', { body: body() });
    expect(reply).toMatchObject({ status: 403, body: { code: 'access_denied' } });
    expect(await etag()).toBe(before);
  });

  it('without a token asks for one', async () => {
    const reply = await gate.call(null, 'PUT', '/v1/metadata', { body: body() });
    expect(reply).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('is on record with its author, and what was refused too', async () => {
    await gate.call('pipeline', 'PUT', '/v1/metadata', { body: body() });
    await gate.call('analyst', 'PUT', '/v1/metadata', { body: body() });
    const tail = await gate.serving.open.gate.audit.tail(2);
    expect(tail).toMatchObject([
      { event: 'push', subject: { sub: 'svc-ci' }, decision: 'allow' },
      { event: 'push', subject: { sub: 'anna.analyst' }, decision: 'deny', error_code: 'access_denied' },
    ]);
  });
});
