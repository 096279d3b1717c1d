/** Each kind of sink against a real receiver of its kind: everything arrives, in order, and faults only delay it. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashOf } from '../../src/audit/chain.ts';
import { fileSink } from '../../src/audit/sinks/file.ts';
import { common, eventsOf, inOrder, openWorld, receiver, signatureOf, upTo, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const SECRET = 'a secret of the receiver';

describe('webhook', () => {
  test('what fails first and is slow gets every event in the end, signed', async () => {
    const server = await receiver((n) =>
      n < 3 ? { status: 503, body: 'later' } : { status: 200, afterMs: n === 3 ? 300 : 0 },
    );
    await world.append(120);
    await world.ship([{ ...common, kind: 'webhook', name: 'hook', url: server.url, secret: SECRET }]);
    await world.shipped('hook', 120);
    await world.append(5, 'later');
    await world.shipped('hook', 125);
    await server.close();
    const taken = server.requests.slice(3);
    expect(taken.flatMap(eventsOf).map(({ seq }) => seq)).toEqual(upTo(125));
    for (const request of server.requests) {
      expect(request.headers['webhook-signature']).toBe(signatureOf(request, SECRET));
      expect(request.headers['idempotency-key']).toBe(request.headers['webhook-id']);
      expect(JSON.parse(request.body)).toMatchObject({ type: 'audit.events' });
    }
    const failures = world.reports.filter(({ kind }) => kind === 'sink_failed');
    expect(failures).toHaveLength(3);
    expect(failures[0]).toMatchObject({ sink: 'hook', failures: 1, text: 'HTTP 503', lagEvents: 120 });
    expect(await world.cursor('hook')).toMatchObject({ shipped: 125, refused: 0, gap: 0, failures: 0 });
  });

  test('the same batch has the same key when it is sent again', async () => {
    const server = await receiver((n) => ({ status: n === 0 ? 500 : 200 }));
    await world.append(1);
    await world.ship([{ ...common, kind: 'webhook', name: 'hook', url: server.url, secret: SECRET }]);
    await world.shipped('hook', 1);
    await server.close();
    const [first, second] = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(first).toBe(second);
  });

  test('a redirect is not followed: whoever it leads to would get the audit', async () => {
    const server = await receiver((n) => ({ status: n === 0 ? 307 : 200 }));
    await world.append(1);
    await world.ship([{ ...common, kind: 'webhook', name: 'hook', url: server.url, secret: SECRET }]);
    await world.shipped('hook', 1);
    await server.close();
    expect(server.requests.map(({ url }) => url)).toEqual(['/', '/']);
    expect(world.reports.find(({ kind }) => kind === 'sink_failed')).toMatchObject({ text: 'HTTP 307' });
  });

  test('what is too large for the receiver arrives in parts', async () => {
    const server = await receiver((_, received) => ({
      status: eventsOf(received).length > 10 ? 413 : 200,
    }));
    await world.append(100);
    await world.ship([{ ...common, kind: 'webhook', name: 'hook', url: server.url, secret: SECRET }]);
    await world.shipped('hook', 100);
    await server.close();
    const taken = server.requests.map(eventsOf).filter(({ length }) => length <= 10);
    expect(taken.flat().map(({ seq }) => seq)).toEqual(upTo(100));
  });
});

describe('file', () => {
  const lines = (path: string) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { seq: number; hash: string });

  test('holds every event with its hash, for its owner alone', async () => {
    const path = world.path('out/audit.ndjson');
    await world.append(120);
    await world.ship([{ ...common, kind: 'file', name: 'file', path }]);
    await world.shipped('file', 120);
    const events = lines(path);
    expect(events.map(({ seq }) => seq)).toEqual(upTo(120));
    for (const line of readFileSync(path, 'utf8').split('\n').slice(0, 3)) {
      const { hash } = JSON.parse(line) as { hash: string };
      expect(hashOf(line.replace(`,"hash":"${hash}"`, ''))).toBe(hash);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('is set aside when it is full; the parts together have all, and no more are kept than wanted', async () => {
    const path = world.path('audit.ndjson');
    await world.append(200);
    const rotate = { size: 20_000, keep: null };
    await world.ship([{ ...common, batch: 10, kind: 'file', name: 'file', path, rotate }]);
    await world.shipped('file', 200);
    const parts = readdirSync(world.folder).filter((name) => name.endsWith('.ndjson'));
    expect(parts.length).toBeGreaterThan(3);
    const seqs = parts.flatMap((name) => lines(world.path(name))).map(({ seq }) => seq);
    expect(seqs.sort((a, b) => a - b)).toEqual(upTo(200));
    for (const name of parts) expect(statSync(world.path(name)).size).toBeLessThanOrEqual(20_000);
    await fileSink({ path, rotate: { size: 1024, keep: 2 } }).ship(
      [{ seq: 201, body: '{}', hash: 'x' }],
      new AbortController().signal,
    );
    expect(readdirSync(world.folder).filter((name) => name.endsWith('.ndjson'))).toHaveLength(3);
  });

  test('is never larger than wanted, however many events come at once', async () => {
    const path = world.path('audit.ndjson');
    await world.append(100);
    const rotate = { size: 8_000, keep: null };
    await world.ship([{ ...common, batch: 100, kind: 'file', name: 'file', path, rotate }]);
    await world.shipped('file', 100);
    const parts = readdirSync(world.folder).filter((name) => name.endsWith('.ndjson'));
    for (const name of parts) expect(statSync(world.path(name)).size).toBeLessThanOrEqual(8_000);
    const seqs = parts.flatMap((name) => lines(world.path(name))).map(({ seq }) => seq);
    expect(seqs.sort((a, b) => a - b)).toEqual(upTo(100));
  });

  const row = (seq: number, text: string) => ({ seq, body: JSON.stringify({ seq, text }), hash: 'x' });
  const never = new AbortController().signal;

  test('what comes again after a kill takes the place of nothing that was set aside', async () => {
    const path = world.path('audit.ndjson');
    const sink = fileSink({ path, rotate: { size: 60, keep: null } });
    await sink.ship([row(1, 'a'), row(2, 'b')], never);
    // Written, and not confirmed: the cursor stays behind the first.
    for (let times = 0; times < 3; times++) await sink.ship([row(2, 'b')], never);
    const parts = readdirSync(world.folder).filter((name) => name.endsWith('.ndjson'));
    const seqs = parts.flatMap((name) => lines(world.path(name))).map(({ seq }) => seq);
    expect(seqs.sort((a, b) => a - b)).toEqual([1, 2, 2, 2, 2]);
  });

  test('keeps the newest files, also where another chain counts from one again', async () => {
    const path = world.path('audit.ndjson');
    const sink = fileSink({ path, rotate: { size: 60, keep: 2 } });
    for (const seq of [900, 901, 902, 903]) await sink.ship([row(seq, 'old')], never);
    for (const seq of [1, 2, 3]) {
      await sink.ship([row(seq, 'new')], never);
      // A file system may tell moments apart by no less.
      await new Promise((done) => setTimeout(done, 10));
    }
    const parts = readdirSync(world.folder).filter((name) => name.endsWith('.ndjson'));
    const seqs = parts.flatMap((name) => lines(world.path(name))).map(({ seq }) => seq);
    expect(seqs.sort((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  test('half a line that a crash left goes before the next is written', async () => {
    const path = world.path('audit.ndjson');
    writeFileSync(path, '{"seq":0}\n{"seq":1,"tim');
    await world.append(1);
    await world.ship([{ ...common, kind: 'file', name: 'file', path }]);
    await world.shipped('file', 1);
    expect(lines(path).map(({ seq }) => seq)).toEqual([0, 1]);
  });

  test('moved away by another program, it is made anew', async () => {
    const path = world.path('audit.ndjson');
    const { renameSync } = await import('node:fs');
    await world.append(5);
    await world.ship([{ ...common, kind: 'file', name: 'file', path }]);
    await world.shipped('file', 5);
    renameSync(path, `${path}.1`);
    await world.append(5, 'more');
    await world.shipped('file', 10);
    expect(lines(path).map(({ seq }) => seq)).toEqual([6, 7, 8, 9, 10]);
  });

  test('where it cannot be written, nothing is lost once it can', async () => {
    const path = world.path('blocked/audit.ndjson');
    writeFileSync(world.path('blocked'), 'a file where a folder is needed');
    await world.append(5);
    await world.ship([{ ...common, kind: 'file', name: 'file', path }]);
    await expect.poll(() => world.reports.length, { timeout: 15_000 }).toBeGreaterThan(0);
    expect(world.reports[0]).toMatchObject({ kind: 'sink_failed', text: 'EEXIST' });
    const { rmSync } = await import('node:fs');
    rmSync(world.path('blocked'));
    await world.shipped('file', 5);
    expect(existsSync(path)).toBe(true);
    expect(lines(path).map(({ seq }) => seq)).toEqual(upTo(5));
  });
});

describe('OpenTelemetry', () => {
  interface Otlp {
    readonly resourceLogs: readonly {
      readonly resource: { readonly attributes: readonly { key: string; value: object }[] };
      readonly scopeLogs: readonly {
        readonly logRecords: readonly {
          readonly timeUnixNano: string;
          readonly body: { readonly stringValue: string };
          readonly attributes: readonly { key: string; value: { intValue?: string; stringValue?: string } }[];
        }[];
      }[];
    }[];
  }
  const recordsOf = (body: string) =>
    (JSON.parse(body) as Otlp).resourceLogs[0]!.scopeLogs[0]!.logRecords.map(
      ({ attributes, body, ...rest }) => ({
        ...rest,
        event: JSON.parse(body.stringValue) as { seq: number; time: string; request_id: string },
        seq: Number(attributes.find(({ key }) => key === 'sluice.audit.seq')?.value.intValue),
      }),
    );

  test('records arrive with time, body and what one filters by', async () => {
    const server = await receiver(() => ({ status: 200, body: '{}' }));
    await world.append(60);
    const headers = { authorization: 'Bearer of-the-receiver' };
    await world.ship([{ ...common, kind: 'otel', name: 'otel', endpoint: server.url, headers }]);
    await world.shipped('otel', 60);
    await server.close();
    const records = server.requests.flatMap(({ body }) => recordsOf(body));
    expect(records.map(({ seq }) => seq)).toEqual(upTo(60));
    expect(server.requests[0]).toMatchObject({ url: '/v1/logs', headers });
    expect(records[0]).toMatchObject({
      timeUnixNano: '1772366400000000000',
      event: { seq: 1, request_id: 'e1', time: '2026-03-01T12:00:00.000Z' },
    });
  });

  test('records that the receiver refuses for good hold up none of the others, and are counted', async () => {
    const server = await receiver((_, { body }) => {
      const bad = recordsOf(body).filter(({ seq }) => seq === 7).length;
      return { status: 200, body: JSON.stringify({ partialSuccess: { rejectedLogRecords: String(bad) } }) };
    });
    await world.append(12);
    await world.ship([{ ...common, kind: 'otel', name: 'otel', endpoint: server.url, headers: {} }]);
    await world.shipped('otel', 12);
    await server.close();
    const seqs = server.requests.flatMap(({ body }) => recordsOf(body)).map(({ seq }) => seq);
    expect([...new Set(seqs)].sort((a, b) => a - b)).toEqual(upTo(12));
    expect(await world.cursor('otel')).toMatchObject({ shipped: 11, refused: 1 });
  });
});

test('a fault tells neither URL nor secret', async () => {
  await world.append(1);
  const url = 'http://127.0.0.1:9/hidden-path-7cb2';
  await world.ship([{ ...common, kind: 'webhook', name: 'hook', url, secret: SECRET }]);
  await expect.poll(() => world.reports.length, { timeout: 5_000 }).toBeGreaterThan(0);
  const told = JSON.stringify([world.reports, await world.cursor('hook')]);
  expect(told).not.toContain('hidden-path');
  expect(told).not.toContain(SECRET);
});

test('order is kept for one sink while another fails', async () => {
  const down = await receiver(() => ({ status: 500 }));
  const up = await receiver(() => ({ status: 200 }));
  await world.append(30);
  await world.ship([
    { ...common, kind: 'webhook', name: 'down', url: down.url, secret: SECRET },
    { ...common, kind: 'webhook', name: 'up', url: up.url, secret: SECRET },
  ]);
  await world.shipped('up', 30);
  expect(inOrder(up.requests.flatMap(eventsOf).map(({ seq }) => seq))).toBe(true);
  expect(await world.cursor('down')).toMatchObject({ seq: 0 });
  await Promise.all([down.close(), up.close()]);
});
