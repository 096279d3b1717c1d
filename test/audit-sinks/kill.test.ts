/** A gate that is killed between shipping and its cursor ships some events twice, and none never. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventsOf, inOrder, openWorld, receiver, upTo, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

test('eight kills under load', async () => {
  const server = await receiver(() => ({ status: 200, afterMs: 2 }));
  let appended = 0;
  for (let round = 1; round <= 8; round++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'ship.ts'), world.folder, server.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    // Another moment each time.
    for (let i = 0; i < 6; i++) {
      await world.append(20, `k${round}-${i}-`);
      appended += 20;
      await delay(round * 7);
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const url = server.url;
  await world.ship([
    { from: 'now', batch: 50, kind: 'file', name: 'file', path: world.path('out.ndjson') },
    { from: 'now', batch: 50, kind: 'webhook', name: 'hook', url, secret: 'a secret of the receiver' },
  ]);
  await world.shipped('file', appended);
  await world.shipped('hook', appended);
  const lines = readFileSync(world.path('out.ndjson'), 'utf8').trimEnd().split('\n');
  const inFile = lines.map((line) => (JSON.parse(line) as { seq: number }).seq);
  const atHook = server.requests.flatMap(eventsOf).map(({ seq }) => seq);
  await server.close();
  for (const seqs of [inFile, atHook]) {
    expect(inOrder(seqs)).toBe(true);
    expect(new Set(seqs)).toEqual(new Set(upTo(appended)));
  }
}, 60_000);
