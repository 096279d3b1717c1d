/** `sluice serve` and `sluice token`: opening, what stands in the way, and an end in order. */

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Example, example, freePort, type Ran, type Served, serveIn, sluice } from './run.ts';

let here: Example;
const run = (...args: readonly string[]): Promise<Ran> => sluice(args, { cwd: here.folder });

beforeAll(async () => {
  here = await example();
});
afterAll(() => rmSync(here.folder, { recursive: true, force: true }));

const answers = (address: string): Promise<number> =>
  fetch(`${address}/health/live`).then(({ status }) => status);

async function stop(served: Served, signal: NodeJS.Signals): Promise<number | string> {
  served.process.kill(signal);
  return served.ended;
}

it('gives an empty state its first snapshot, says where it is open and for whom', async () => {
  const served = await serveIn(here.folder);
  expect(served.address).toBe(`http://127.0.0.1:${here.port}`);
  const ready = await fetch(`${served.address}/health/ready`);
  expect(ready.status).toBe(200);
  await expect
    .poll(served.said)
    .toContain('member, analyst, officer, intern, service, pipeline, partner, agent, external');
  expect(await stop(served, 'SIGTERM')).toBe(0);
  expect(served.said()).toMatch(/✓ the gate is closed\n$/);
  await expect(answers(served.address)).rejects.toThrow();
});

it('--port moves it', async () => {
  const port = await freePort();
  const served = await serveIn(here.folder, ['--port', String(port)]);
  expect(served.address).toBe(`http://127.0.0.1:${port}`);
  expect(await answers(served.address)).toBe(200);
  expect(await stop(served, 'SIGINT')).toBe(0);
});

it('a taken port is named, and nothing is left running', async () => {
  const other = createServer().listen(here.port, '127.0.0.1');
  await once(other, 'listening');
  const ran = await run('serve');
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(new RegExp(`^port_taken: Port ${here.port} is taken\\.\nhint: .*--port`, 'm'));
  other.close();
});

describe('the end', () => {
  let served: Served;
  let token: string;
  const asked = (sql: string, accept: string): Promise<Response> =>
    fetch(`${served.address}/v1/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept },
      body: JSON.stringify({ sql }),
    });
  beforeAll(async () => {
    served = await serveIn(here.folder);
    token = (await run('token', '--as', 'service')).stdout.trim();
  });

  it('comes in order though the signal comes twice, and answers what was asked before', async () => {
    const sql = `SELECT count(*) AS n FROM gold.meter_readings AS a
      JOIN gold.meter_readings AS b ON a.read_at = b.read_at AND b.meter_id < 'MT-00009'`;
    const running = asked(sql, 'application/json');
    await delay(300);
    served.process.kill('SIGINT');
    served.process.kill('SIGINT');
    const answer = await running;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ rows: [[expect.any(Number)]] });
    expect(await served.ended).toBe(0);
    expect(served.said()).toMatch(/✓ the gate is closed\n$/);
    expect(await run('audit', 'verify')).toMatchObject({ code: 0 });
  });
});

describe('token', () => {
  it('is printed alone, for the persona, with the life asked for', async () => {
    const { code, stdout, stderr } = await run('token', '--as', 'analyst', '--expires-in', '60');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { sub, aud, iat = 0, exp = 0 } = decodeJwt(stdout.trim());
    expect({ sub, aud, life: exp - iat }).toEqual({ sub: 'anna.analyst', aud: 'sluice', life: 60 });
  });

  it.each([
    ['a persona without one', 'external', /^usage: .*external is anonymous/],
    ['an unknown persona', 'oficer', /^usage: .*did you mean "officer"/],
  ])('is refused for %s', async (_name, persona, told) => {
    expect(await run('token', '--as', persona)).toMatchObject({
      code: 64,
      stdout: '',
      stderr: expect.stringMatching(told),
    });
  });
});
