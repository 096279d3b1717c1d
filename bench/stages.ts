/** The stages of a query one after the other, each with its time: what the path does, taken apart. */
import { createDecider } from '../src/access/decide.ts';
import { createPdp } from '../src/access/pdp.ts';
import type { Gate } from '../src/gate.ts';
import { actingAlone } from '../src/request/acting.ts';
import { decisionsFor } from '../src/request/decisions.ts';
import { guard } from '../src/sql/guard/guard.ts';
import { normalise } from '../src/sql/normalise.ts';
import { parse } from '../src/sql/parse.ts';
import { print } from '../src/sql/print/print.ts';
import { admit } from '../src/sql/resolve/admit.ts';
import { bind } from '../src/sql/resolve/bind.ts';
import { resolve } from '../src/sql/resolve/resolve.ts';
import { rewrite } from '../src/sql/rewrite/rewrite.ts';
import type { VerifiedQuery } from '../src/sql/stages.ts';
import { givesBack, verify } from '../src/sql/verify.ts';

export interface Stages {
  readonly verified: VerifiedQuery;
  /** Milliseconds. */
  readonly steps: Readonly<Record<string, number>>;
}

/** Keeps nothing, so that each decision is made. */
const undecided = createDecider({ pdp: createPdp({ kind: 'embedded' }), cacheSize: 0 });

export async function stagesOf(text: string, token: string | null, gate: Gate): Promise<Stages> {
  const steps: Record<string, number> = {};
  async function timed<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const started = performance.now();
    const made = await work();
    steps[name] = performance.now() - started;
    return made;
  }
  const identity = await timed('authenticate', () => gate.authenticate(token));
  await timed('authenticate, known token', () => gate.authenticate(token));
  const { snapshot } = await timed('latest snapshot', () => gate.metadata.current());
  const parsed = await timed('parse', () => parse(text, { maxBytes: gate.limits.sqlBytes }));
  const guarded = await timed('guard', () => guard(parsed));
  const bound = await timed('bind', () => bind(guarded, snapshot.catalogue));
  await timed('normalise', () => normalise(guarded));
  const { datasets } = bound;
  const ask = {
    acting: actingAlone(identity, snapshot),
    snapshot,
    datasets,
    action: 'query',
    clientIp: null,
  } as const;
  const decisions = await timed('decide', () => decisionsFor(ask, { ...gate, decider: undecided }));
  await decisionsFor(ask, gate);
  await timed('decide, known', () => decisionsFor(ask, gate));
  const resolved = await timed('resolve', () => {
    const admitted = admit(bound, decisions);
    return resolve(admitted.bound, admitted.governed);
  });
  const page = { limit: gate.limits.pageRows + 1, offset: 0 };
  const engine = gate.engine('warehouse');
  const maskKey = gate.keys.mask;
  const governed = await timed('rewrite', () =>
    rewrite(resolved, { engine: engine.kind, identity, maskKey, params: [], page }),
  );
  const sql = await timed('print', () => print(governed.tree));
  await timed('verify: reads back', () => givesBack(sql, governed.tree));
  await timed("verify: the engine's witness", () => engine.witness(sql));
  const verified = await verify(governed, engine);
  await timed('audit, one event', () =>
    gate.audit.append({
      time: gate.now().toISOString(),
      request_id: 'bench',
      event: 'decision',
      subject: { sub: identity.sub, kind: identity.kind, issuer: identity.issuer },
      action: 'query',
      datasets: datasets.map((dataset) => dataset.id),
      decision: 'allow',
      reasons: [],
      policy_ids: [],
      snapshot: snapshot.hash,
      sql_fingerprint: null,
      sql_normalised: null,
      rows: 0,
      bytes: 0,
      duration_ms: 0,
      engine: engine.name,
      client: { ip: null, door: 'bench', user_agent: null },
    }),
  );
  const bounds = {
    requestId: 'bench',
    principal: 'bench',
    encoding: 'json',
    maxRows: gate.limits.pageRows,
    maxBytes: gate.limits.maxBytes,
    timeoutMs: gate.limits.timeoutMs,
    signal: new AbortController().signal,
  } as const;
  const drained = async () => {
    for await (const _ of (await engine.run(verified, bounds)).chunks);
  };
  await timed('the engine, new text', drained);
  await timed('the engine, known text', drained);
  return { verified, steps };
}
