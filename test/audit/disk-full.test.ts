/** A disk that is full refuses events without losing any, and takes them again when there is room. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAuditLog } from '../../src/audit/log.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { startAppender } from './processes.ts';
import { sampleEvent } from './sample.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-full-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const hasPrlimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;
if (!hasPrlimit) console.log('skipped: the limit on file size is lifted by prlimit (util-linux)');

test.skipIf(!hasPrlimit).each(['power_loss', 'process_death'])(
  'a limit on file size, as any user can set it (%s)',
  async (survives) => {
    const path = join(folder, 'audit.db');
    const appender = startAppender(
      [path, survives, 'f', '8'],
      ['bash', '-c', 'ulimit -S -f 1024; exec "$0" "$@"'],
    );
    const refused = () => appender.lines.filter((line) => line.startsWith('!'));
    await expect.poll(refused, { timeout: 30_000 }).not.toEqual([]);
    const whileFull = await verifyAudit(path);

    const acknowledged = appender.lines.length;
    execFileSync('prlimit', ['--pid', String(appender.process.pid), '--fsize=unlimited']);
    await appender.until(acknowledged + 500);
    appender.process.kill('SIGKILL');
    await appender.ended;

    expect(new Set(refused())).toEqual(new Set(['!audit_unavailable']));
    expect(whileFull).toMatchObject({ ok: true });
    const after = await verifyAudit(path);
    expect(after).toMatchObject({ ok: true });
    expect(after.events).toBeGreaterThanOrEqual(appender.lines.length - refused().length);
    expect(after.events).toBeGreaterThan(whileFull.events);
  },
);

function mountTmpfs(at: string): boolean {
  mkdirSync(at);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at]).status === 0;
}

test('a file system without space', async ({ skip }) => {
  const disk = join(folder, 'disk');
  if (!mountTmpfs(disk)) skip('a file system of 1 MB cannot be mounted here');
  try {
    const log = await openAuditLog({ path: join(disk, 'audit.db'), survives: 'power_loss' });
    await log.append(sampleEvent('first'));
    const ballast = join(disk, 'ballast');
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096']);
    const refused: unknown[] = [];
    // The WAL's last page may still have room for some.
    for (let n = 0; n < 50 && refused.length < 2; n += 1) {
      await log.append(sampleEvent(`full${n}`)).catch((error: unknown) => refused.push(error));
    }
    expect(refused).toHaveLength(2);
    expect(refused[0]).toMatchObject({
      code: 'audit_unavailable',
      status: 503,
      hint: expect.stringMatching(/space/),
    });
    writeFileSync(ballast, '');
    await log.append(sampleEvent('last'));
    expect((await log.tail(1))[0]?.request_id).toBe('last');
    await log.close();
    expect(await verifyAudit(join(disk, 'audit.db'))).toMatchObject({ ok: true });
  } finally {
    spawnSync('umount', ['-l', disk]);
  }
});
