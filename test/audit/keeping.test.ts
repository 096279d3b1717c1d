/** What a gate does for its audit by itself, and the keys that vouch for it. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeCheckpoint } from '../../src/audit/make-checkpoint.ts';
import { retainInThread } from '../../src/audit/retain-in-thread.ts';
import { readPublicKey, readSigner } from '../../src/audit/signing.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { loadConfig, redacted } from '../../src/config.ts';
import type { Observation } from '../../src/observe.ts';
import { keepAudit } from '../../src/open/audit-keeping.ts';
import { KEEPER, writeLog } from './logs.ts';
import { sampleEvent } from './sample.ts';

const PEM = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-keeping-'));
  path = join(folder, 'audit.db');
  const now = Date.now();
  writeLog(
    path,
    Array.from({ length: 20 }, (_, n) =>
      sampleEvent(`r${n}`, { time: new Date(now - (20 - n) * 3_600_000 - 1000).toISOString() }),
    ),
  );
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const order = () => ({
  path,
  keeper: KEEPER,
  signing: { key: PEM },
  now: new Date(),
  keepMs: 10 * 3_600_000,
  firstNeeded: null,
  dryRun: false,
});

describe('a run in its thread', () => {
  test('removes and signs', async () => {
    const { removed, checkpoint } = await retainInThread(order());
    const signer = readSigner({ key: PEM })!;
    expect([removed, checkpoint?.key]).toEqual([11, signer.keyId]);
    expect(await verifyAudit(path, { publicKeys: [signer.publicKey] })).toMatchObject({ ok: true, from: 12 });
  });

  test('tells what is broken as such', async () => {
    const db = new DatabaseSync(path);
    db.exec("DROP TRIGGER events_no_update; UPDATE events SET hash = 'x' WHERE seq = 3");
    db.close();
    await expect(retainInThread(order())).rejects.toMatchObject({ code: 'audit_broken' });
  });
});

describe('a gate that serves', () => {
  const store = { sinks: { list: async () => [] } } as never;
  const reader = { follow: () => {} };
  const keeping = (audit: object, observed: Observation[] = []) =>
    keepAudit({ audit: { survives: 'power_loss', sinks: [], retention: {}, ...audit } } as never, {
      audit: path,
      reader,
      store,
      observe: (seen) => observed.push(seen),
    });

  test('lets old events go some time after its start', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const observed: Observation[] = [];
    const stop = keeping({ retention: { keep: 10 * 3_600_000 } }, observed);
    expect(observed).toEqual([]);
    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();
    await expect
      .poll(() => observed, { timeout: 10_000 })
      .toEqual([{ kind: 'audit_retained', removed: 11, heldBack: false }]);
    await stop();
  });

  test('does not start with a key that cannot sign', () => {
    expect(() => keeping({ signing: { key: 'no key' } })).toThrow(/audit\.signing\.key/);
  });
});

describe('a key', () => {
  const file = (text: string) => {
    writeFileSync(join(folder, 'key.pem'), text);
    return join(folder, 'key.pem');
  };
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

  test.each<{ name: string; given: () => Parameters<typeof readSigner>[0] }>([
    { name: 'that is none', given: () => ({ key: 'secret words' }) },
    {
      name: 'of another kind',
      given: () => ({ key: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }),
    },
    { name: 'in a file that is not there', given: () => ({ key_file: join(folder, 'missing.pem') }) },
    { name: 'in a file of something else', given: () => ({ key_file: file('secret words') }) },
  ])('$name is refused, and not shown', ({ given }) => {
    expect(() => readSigner(given())).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    expect(() => readSigner(given())).not.toThrow(/secret words/);
  });

  test('comes from a file, or from the environment with its line breaks written out', () => {
    const ids = [{ key: PEM }, { key: PEM.replaceAll('\n', '\\n') }, { key_file: file(PEM) }].map(
      (given) => readSigner(given)?.keyId,
    );
    expect(new Set(ids).size).toBe(1);
  });

  test('of openssl signs what openssl verifies', ({ skip }) => {
    try {
      execFileSync('openssl', ['version']);
    } catch {
      skip('there is no openssl');
    }
    const [key, pub, body, sig] = ['k.pem', 'p.pem', 'body', 'sig'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ];
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', key]);
    execFileSync('openssl', ['pkey', '-in', key, '-pubout', '-out', pub]);
    const signer = readSigner({ key_file: key })!;
    expect(readPublicKey(pub).equals(signer.publicKey)).toBe(true);
    const made = makeCheckpoint(path, { keeper: KEEPER, signer, now: new Date() })!;
    const db = new DatabaseSync(path, { readOnly: true });
    writeFileSync(body, String(db.prepare('SELECT body FROM checkpoints').get()?.body));
    db.close();
    writeFileSync(sig, Buffer.from(made.signature ?? '', 'base64'));
    const args = ['pkeyutl', '-verify', '-pubin', '-inkey', pub, '-rawin', '-in', body, '-sigfile', sig];
    expect(execFileSync('openssl', args).toString()).toMatch(/Verified Successfully/);
  });

  test('is not in what is logged of the configuration', () => {
    writeFileSync(
      join(folder, 'sluice.yml'),
      `engines: { warehouse: { kind: duckdb, database: w.duckdb } }\naudit: { signing: { key: "${PEM.replaceAll('\n', '\\n')}" } }\n`,
    );
    const config = loadConfig(join(folder, 'sluice.yml'), {});
    expect(JSON.stringify(redacted(config))).not.toContain('PRIVATE KEY');
    expect(config.audit.signing?.key).toContain('PRIVATE KEY');
  });
});
