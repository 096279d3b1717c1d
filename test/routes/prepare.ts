/** What the rows of the table name in braces: made when it is first needed, and again once a cell has changed something. */
import { readArtifacts } from '../../src/state/artifacts.ts';
import type { TestGate } from '../e2e/gate.ts';

const ASKED = { kind: 'dataset', dataset: 'bronze.readings', reason: 'a look', duration: '1h' };

async function made(gate: TestGate, persona: string, path: string, body: object): Promise<string> {
  const reply = await gate.call(persona, 'POST', path, { body });
  if (reply.status >= 300) throw new Error(`${path} was not prepared: ${reply.text}`);
  return String(reply.body.id);
}

/** Nobody asks twice for the same, nor for what they hold. */
async function clear(gate: TestGate): Promise<void> {
  const open = await gate.call('analyst', 'GET', '/v1/access-requests?mine=true&state=open');
  for (const { id } of open.body.requests as { id: string }[])
    await gate.call('analyst', 'POST', `/v1/access-requests/${id}/withdraw`);
  const held = await gate.call('officer', 'GET', '/v1/grants');
  for (const { id } of held.body.grants as { id: string }[])
    await gate.call('officer', 'DELETE', `/v1/grants/${id}`);
}

async function request(gate: TestGate): Promise<string> {
  await clear(gate);
  return made(gate, 'analyst', '/v1/access-requests', ASKED);
}

type Make = (gate: TestGate) => Promise<unknown>;

const PLACEHOLDERS: Readonly<Record<string, Make>> = {
  request,
  async grant(gate) {
    await made(gate, 'officer', `/v1/access-requests/${await request(gate)}/approve`, {});
    const { body } = await gate.call('analyst', 'GET', '/v1/grants?mine=true');
    return (body.grants as { id: string }[])[0]?.id;
  },
  denial: (gate) => made(gate, 'officer', '/v1/identity/denials', { token_id: 't-0', reason: 'lost' }),
  async etag(gate) {
    return (await gate.call('officer', 'GET', '/v1/metadata')).body.etag;
  },
  async version(gate) {
    const { body } = await gate.call('analyst', 'GET', '/v1/projects/load_forecast');
    return (body.acting as { purposes: { version: string }[] }).purposes[0]?.version;
  },
  /** Id of a request of the officer's. */
  async officers(gate) {
    return (await gate.query('officer', 'SELECT 1')).headers.get('x-request-id');
  },
  /** Of a meter that an analyst sees. */
  async token(gate) {
    const { body } = await gate.query('analyst', 'SELECT kind FROM gold.meters ORDER BY kind LIMIT 1');
    return body.rows?.[0]?.[0];
  },
  artifacts: async (gate) => readArtifacts(gate.config, {}),
};

export interface Filling {
  /** `{etag}` within a text, or a text that is nothing else and becomes the value itself. */
  fill<T>(given: T): Promise<T>;
}

export function filling(gate: TestGate): Filling {
  const known = new Map<string, Promise<unknown>>();
  function placed(name: string): Promise<unknown> {
    const make = PLACEHOLDERS[name];
    if (make === undefined) throw new Error(`test/routes/prepare.ts does not make {${name}}`);
    const value = known.get(name) ?? make(gate);
    known.set(name, value);
    return value;
  }
  async function fill(given: unknown): Promise<unknown> {
    if (typeof given === 'string') {
      const whole = /^\{(\w+)\}$/.exec(given)?.[1];
      if (whole !== undefined) return placed(whole);
      let text = given;
      for (const [all, name] of given.matchAll(/\{(\w+)\}/g))
        text = text.replace(all, String(await placed(name!)));
      return text;
    }
    if (Array.isArray(given)) return Promise.all(given.map(fill));
    if (typeof given !== 'object' || given === null) return given;
    const parts: [string, unknown][] = [];
    for (const [key, value] of Object.entries(given)) parts.push([key, await fill(value)]);
    return Object.fromEntries(parts);
  }
  return { fill: (given) => fill(given) as Promise<typeof given> };
}
