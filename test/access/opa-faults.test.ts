/** Servers that are no OPA, or none any more: nothing is decided, the gate says so in time, and goes on by itself when one is back. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createDecider } from '../../src/access/decide.ts';
import type { DecisionInput } from '../../src/access/decision.ts';
import { buildInput } from '../../src/access/input.ts';
import type { PdpObservation } from '../../src/access/opa/observation.ts';
import { partiesOf } from '../../src/access/party.ts';
import { createPdp, type Pdp } from '../../src/access/pdp.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { catalogue, context, dataset, identity, request } from '../policies/support/catalogue.ts';
import { opaOptions } from './support/opa.ts';

const members = dataset({ columns: { email: [] } });
const policies = compilePolicies([], catalogue([members]), { environment: 'production' });
const item: DecisionInput = buildInput({
  action: 'query',
  dataset: members,
  identity: identity(),
  policies,
  request,
  context: context(),
});
const ask = {
  parties: partiesOf(identity(), () => context()),
  datasets: [members],
  policies,
  snapshotHash: 'one',
  action: 'query',
  request,
} as const;

const REVISION = 'sluice-test';
const provenance = (revision: string) => ({ provenance: { bundles: { sluice: { revision } } } });
const sound = (revision = REVISION) => JSON.stringify({ result: [true], ...provenance(revision) });

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json =
  (text: string, status = 200): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Stand {
  readonly url: string;
  readonly server: Server;
  /** What it answers from now on. */
  answer: Answer;
  /** Requests that have reached it. */
  asked: number;
}

async function stand(answer: Answer): Promise<Stand> {
  const server = createServer((request, response) => {
    self.asked += 1;
    request.resume();
    self.answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const self: Stand = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    answer,
    asked: 0,
  };
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return self;
}

function pdpAt(url: string, over: Parameters<typeof opaOptions>[1] = {}): Pdp {
  const pdp = createPdp(opaOptions(url, { timeoutMs: 400, revision: REVISION, ...over }));
  closing.push(() => pdp.close());
  return pdp;
}

const codeOf = (pdp: Pdp): Promise<unknown> =>
  pdp.decide([item]).then(
    (decisions) => decisions.map(({ allow }) => allow),
    (thrown) => thrown.code,
  );

describe('a server that answers', () => {
  const UNAVAILABLE: readonly (readonly [string, Answer])[] = [
    ['500', json('{"code":"internal_error"}', 500)],
    ['a decision with 500', json(sound(), 500)],
    ['a decision with 201', json(sound(), 201)],
    ['404', json('{}', 404)],
    ['429', json('{}', 429)],
    ['nothing at all, and hangs', () => {}],
    [
      'headers, and hangs',
      (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
    ],
    [
      'a byte now and then',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 20);
        response.once('close', () => clearInterval(drip));
      },
    ],
    ['by closing the connection', (_request, response) => void response.socket?.destroy()],
    [
      'half of what it promised',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write(sound());
        setTimeout(() => response.socket?.destroy(), 20);
      },
    ],
  ];
  it.each(UNAVAILABLE)('%s decides nothing', async (_name, answer) => {
    const { url } = await stand(answer);
    expect(await codeOf(pdpAt(url))).toBe('pdp_unavailable');
  });

  const INVALID: readonly (readonly [string, Answer])[] = [
    ['no result: the rule is undefined', json(JSON.stringify(provenance(REVISION)))],
    ['an empty document', json('{}')],
    ['a list', json(`[${sound()}]`)],
    ['a text', json('"yes"')],
    ['null', json('null')],
    ['nothing', json('')],
    ['half of a document', json(sound().slice(0, -4))],
    ['two documents', json(`${sound()}${sound()}`)],
    ['true for all', json('{"result": true}')],
    ['one answer too many', json('{"result": [true, true]}')],
    ['no answer', json('{"result": []}')],
    ['provenance of another shape', json('{"result": [true], "provenance": {"bundles": {"sluice": 1}}}')],
    [
      'a page for people',
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end(sound()),
    ],
    ['without saying what it is', (_request, response) => void response.writeHead(200).end(sound())],
    [
      'more than there can be',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const chunk = Buffer.alloc(1024 * 1024, 32);
        const more = (): void => {
          while (!response.destroyed && response.write(chunk));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
    ],
  ];
  it.each(INVALID)('%s decides nothing', async (_name, answer) => {
    const { url } = await stand(answer);
    expect(await codeOf(pdpAt(url, { timeoutMs: 5_000 }))).toBe('decision_invalid');
  });

  it('with the way to another is not followed there', async () => {
    const elsewhere = await stand(json(sound()));
    for (const status of [301, 302, 303, 307, 308]) {
      const { url } = await stand((_request, response) => {
        response.writeHead(status, { location: `${elsewhere.url}/v1/data/sluice/batch` }).end();
      });
      expect(await codeOf(pdpAt(url))).toBe('pdp_unavailable');
    }
    expect(elsewhere.asked).toBe(0);
  });

  it('a decision that cannot be read is a denial of that dataset alone', async () => {
    const { url } = await stand(json('{"result": ["yes", true]}'));
    expect(await pdpAt(url).decide([item, item])).toMatchObject([
      { allow: false, reason: 'undecodable' },
      { allow: true },
    ]);
  });

  it('nor is a decision that is nested without end, though there is room for it', async () => {
    for (const depth of [100, 10_000, 300_000]) {
      const filter = `${'{"kind":"not","arg":'.repeat(depth)}{"kind":"true"}${'}'.repeat(depth)}`;
      const rows = `[{"policy":"p","predicate":${filter}}]`;
      const decision = `{"allow":true,"reason":"r","reasons":[],"rows":${rows},"masks":{},"hidden":[],"limits":{},"expires_at":null}`;
      const { url } = await stand(json(`{"result": [${decision}, true]}`));
      expect(await pdpAt(url, { timeoutMs: 5_000 }).decide([item, item])).toMatchObject([
        { allow: depth === 100 },
        { allow: true },
      ]);
    }
  });

  it('nothing of what it said is in any word about it', async () => {
    for (const answer of [json('ada@example.org'), json('ada@example.org', 500)]) {
      const { url } = await stand(answer);
      const thrown = await pdpAt(url)
        .decide([item])
        .catch((fault: unknown) => fault);
      for (let fault: unknown = thrown; fault instanceof Error; fault = fault.cause)
        expect(`${fault.message} ${fault.stack}`).not.toContain('ada@');
    }
  });
});

describe('a server that is not there', () => {
  it('decides nothing', async () => {
    const { url, server } = await stand(json(sound()));
    server.close();
    expect(await codeOf(pdpAt(url))).toBe('pdp_unavailable');
  });

  it('or whose name there is not', async () => {
    expect(await codeOf(pdpAt('http://opa.invalid:8181'))).toBe('pdp_unavailable');
  });
});

it('a connection that was closed meanwhile is no fault', async () => {
  const there = await stand(json(sound()));
  const pdp = pdpAt(there.url);
  expect(await codeOf(pdp)).toEqual([true]);
  let dropped = 0;
  there.answer = (given, response) => {
    dropped += 1;
    if (dropped === 1) response.socket?.destroy();
    else json(sound())(given, response);
  };
  expect(await codeOf(pdp)).toEqual([true]);
  expect(dropped).toBe(2);
});

describe('the circuit breaker', () => {
  const opening = { failures: 3, openMs: 300 };

  it('opens after so many failures in a row: then nobody waits, and the server is left alone', async () => {
    const there = await stand(json('', 500));
    const pdp = pdpAt(there.url, { breaker: { ...opening, openMs: 60_000 } });
    for (let turn = 0; turn < 10; turn += 1) expect(await codeOf(pdp)).toBe('pdp_unavailable');
    expect(there.asked).toBe(3);
  });

  it('says when it may be asked again', async () => {
    const { url } = await stand(json('', 500));
    const pdp = pdpAt(url, { breaker: { failures: 1, openMs: 60_000 } });
    await codeOf(pdp);
    const thrown = await pdp.decide([item]).catch((fault: unknown) => fault);
    expect(thrown).toMatchObject({ code: 'pdp_unavailable', status: 503 });
    expect((thrown as { retryAfter: number }).retryAfter).toBeGreaterThan(50);
    expect((thrown as { retryAfter: number }).retryAfter).toBeLessThanOrEqual(60);
  });

  it('counts failures in a row, and an undefined rule is none', async () => {
    const there = await stand(json('', 500));
    const pdp = pdpAt(there.url, { breaker: { ...opening, openMs: 60_000 } });
    for (let turn = 0; turn < 4; turn += 1) {
      there.answer = json('', 500);
      await codeOf(pdp);
      await codeOf(pdp);
      there.answer = json(turn % 2 === 0 ? sound() : '{}');
      expect(await codeOf(pdp)).toEqual(turn % 2 === 0 ? [true] : 'decision_invalid');
    }
    expect(there.asked).toBe(12);
  });

  it('tries again by itself, and closes when that goes well', async () => {
    const there = await stand(json('', 500));
    const seen: PdpObservation[] = [];
    const pdp = pdpAt(there.url, { breaker: opening, observe: (one) => seen.push(one) });
    for (let turn = 0; turn < 5; turn += 1) await codeOf(pdp);
    there.answer = json(sound());
    await expect.poll(() => codeOf(pdp), { timeout: 5_000, interval: 50 }).toEqual([true]);
    const states = seen.flatMap((one) => (one.kind === 'pdp_breaker' ? [one.state] : []));
    expect(states).toEqual(['open', 'half_open', 'closed']);
  });

  it('stays open when that fails', async () => {
    const there = await stand(json('', 500));
    const seen: PdpObservation[] = [];
    const pdp = pdpAt(there.url, { breaker: opening, observe: (one) => seen.push(one) });
    for (let turn = 0; turn < 3; turn += 1) await codeOf(pdp);
    await expect.poll(() => codeOf(pdp).then(() => there.asked), { timeout: 5_000, interval: 50 }).toBe(4);
    expect(await codeOf(pdp)).toBe('pdp_unavailable');
    expect(there.asked).toBe(4);
    expect(seen.filter((one) => one.kind === 'pdp_breaker').map((one) => one.state)).toEqual([
      'open',
      'half_open',
      'open',
    ]);
  });

  it('does not keep a probe from finding out', async () => {
    const there = await stand(json('', 500));
    const pdp = pdpAt(there.url, { breaker: { failures: 1, openMs: 60_000 } });
    await codeOf(pdp);
    there.answer = json('{"result": []}');
    await expect(pdp.probe()).resolves.toBeUndefined();
  });
});

it('probes at the same time are one call', async () => {
  const there = await stand(json('{"result": []}'));
  const pdp = pdpAt(there.url);
  await Promise.all(Array.from({ length: 20 }, () => pdp.probe()));
  expect(there.asked).toBe(1);
  await pdp.probe();
  expect(there.asked).toBe(2);
});

describe('kept decisions', () => {
  const keeping = { cacheMs: 60_000 };

  async function kept(over: Parameters<typeof opaOptions>[1] = {}) {
    const there = await stand(json(sound()));
    const pdp = pdpAt(there.url, { ...keeping, ...over });
    const decider = createDecider({ pdp });
    const decide = (snapshotHash = 'one') =>
      decider.decide({ ...ask, snapshotHash }).then(
        (decisions) => decisions.get(members.id)?.allow,
        (thrown) => thrown.code,
      );
    // The first answer tells which bundle decides; the second is kept.
    await decide();
    await decide();
    expect(await decide()).toBe(true);
    expect(there.asked).toBe(2);
    return { there, pdp, decide };
  }

  it('are gone when the connection is', async () => {
    const { there, decide } = await kept();
    there.server.closeAllConnections();
    there.server.close();
    await expect.poll(() => decide(), { timeout: 5_000, interval: 20 }).toBe('pdp_unavailable');
  });

  it('are gone when another question fails', async () => {
    const { there, decide } = await kept();
    there.answer = json('', 500);
    expect(await decide('two')).toBe('pdp_unavailable');
    expect(await decide()).toBe('pdp_unavailable');
  });

  it('are gone when another question makes no sense', async () => {
    const { there, decide } = await kept();
    there.answer = json('{}');
    expect(await decide('two')).toBe('decision_invalid');
    expect(await decide()).toBe('decision_invalid');
  });

  it('are gone when another revision answers', async () => {
    const { there, decide } = await kept();
    there.answer = json(JSON.stringify({ result: [false], ...provenance('sluice-other') }));
    expect(await decide('two')).toBe(false);
    expect(await decide()).toBe(false);
  });

  it('are gone after their time', async () => {
    const { there, decide } = await kept({ cacheMs: 300 });
    there.answer = json(JSON.stringify({ result: [false], ...provenance(REVISION) }));
    await expect.poll(() => decide(), { timeout: 5_000, interval: 20 }).toBe(false);
  });

  it('of a rule of their own go with the bundles that it was made of', async () => {
    const { there, decide } = await kept({ path: '/v1/data/acme/batch', cacheable: true });
    there.answer = json(JSON.stringify({ result: [false], ...provenance('acme-2') }));
    expect(await decide('two')).toBe(false);
    expect(await decide()).toBe(false);
  });

  it.each([
    ['the default bundle', {}],
    ['rules of their own', { path: '/v1/data/acme/batch', cacheable: true }],
  ])('a slow answer of the revision before does not bring it back: %s', async (_name, over) => {
    const { there, decide } = await kept(over);
    let late: (() => void) | null = null;
    there.answer = (given, response) => {
      late = () => json(sound())(given, response);
    };
    const slow = decide('slow');
    await expect.poll(() => late).not.toBeNull();
    there.answer = json(JSON.stringify({ result: [false], ...provenance('sluice-other') }));
    expect(await decide('two')).toBe(false);
    // By now what is kept is kept under the other revision.
    expect(await decide('three')).toBe(false);
    (late as (() => void) | null)?.();
    expect(await slow).toBe(true);
    // Neither the old answers nor the late one stand for what decides now.
    expect(await decide()).toBe(false);
    expect(await decide('slow')).toBe(false);
  });
});
