/**
 * How fast text becomes proven text, over the queries of TPC-H under a row filter and three masks: each text new, with
 * the printed one read back by PostgreSQL's grammar and by the engine's own parser; and known, as for the same caller
 * who asks again. Then what the guard and the printer take of it, in one thread.
 */
import { createPostgresEngine } from '../src/engines/postgres/engine.ts';
import { actingAlone } from '../src/request/acting.ts';
import { decisionsFor } from '../src/request/decisions.ts';
import { type Known, planQuery } from '../src/request/plan.ts';
import { guard } from '../src/sql/guard/guard.ts';
import { parse } from '../src/sql/parse.ts';
import { print } from '../src/sql/print/print.ts';
import { admit } from '../src/sql/resolve/admit.ts';
import { bind } from '../src/sql/resolve/bind.ts';
import { resolve } from '../src/sql/resolve/resolve.ts';
import { rewrite } from '../src/sql/rewrite/rewrite.ts';
import { givesBack, verify } from '../src/sql/verify.ts';
import type { BenchGate } from './gate.ts';
import { ms, QUICK, report } from './report.ts';
import { POLICIES, startTpch, tpchQueries } from './tpch-data.ts';

const AIM = 350;
const AIM_KNOWN = 50_000;
const ROUNDS = QUICK ? 5 : 40;
const KNOWN_ROUNDS = QUICK ? 500 : 5_000;

/** What stands in where the corpus is not there: a join, an aggregate and a subquery. */
const STAND_IN = `select c_name, sum(l_extendedprice * (1 - l_discount)) as total from customer join orders on c_custkey = o_custkey
  join lineitem on l_orderkey = o_orderkey where o_orderdate >= date '1995-01-01' and c_nationkey in (select n_nationkey
  from nation where n_regionkey > 1) group by c_name order by total desc limit 10`;

function queries(): readonly string[] {
  const found = tpchQueries().map(({ text }) => text);
  if (found.length > 0) return found;
  console.log('TPC-H is not there: one stand-in query');
  return [STAND_IN];
}

/** The text as nobody has asked it before. */
const fresh = (text: string, n: number): string => `SELECT q.*, ${n} AS run FROM (${text}) AS q`;

async function planning(bench: BenchGate): Promise<(sql: string) => Promise<unknown>> {
  const { gate } = bench.open;
  const identity = await gate.authenticate(null);
  const { snapshot } = await gate.metadata.current();
  const acting = actingAlone(identity, snapshot);
  const page = { limit: gate.limits.pageRows, offset: 0 };
  return (sql) => {
    const known: Known = {
      datasets: [],
      reasons: [],
      policyIds: [],
      fingerprint: null,
      normalised: null,
      decisions: [],
      acted: {},
    };
    const ask = { text: { sql } };
    return planQuery({ ask, acting, snapshot, page, clientIp: null, action: 'query', known }, gate);
  };
}

/** Each text once a round, so many at a time; gives texts a second. */
async function rate(
  texts: readonly string[],
  atOnce: number,
  work: (text: string) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  let next = 0;
  const loop = async (): Promise<void> => {
    for (let text = texts[next++]; text !== undefined; text = texts[next++]) await work(text);
  };
  await Promise.all(Array.from({ length: atOnce }, loop));
  return (texts.length / (performance.now() - started)) * 1_000;
}

async function throughDuckDb(texts: readonly string[], bench: BenchGate): Promise<void> {
  const plan = await planning(bench);
  let n = 0;
  const round = (rounds: number): string[] =>
    Array.from({ length: rounds }, () => texts.map((text) => fresh(text, ++n))).flat();
  await rate(round(2), 1, plan);
  for (const atOnce of [1, 8]) {
    const perSecond = await rate(round(ROUNDS), atOnce, plan);
    report(
      `new TPC-H texts to verified text, DuckDB, both read back, ${atOnce} at once`,
      `${Math.round(perSecond)} a second`,
      `≥ ${AIM}`,
      perSecond >= AIM,
    );
  }
  const known = texts.map((text) => fresh(text, 0));
  await rate([...known, ...known], 1, plan);
  const again = Array.from({ length: KNOWN_ROUNDS }, () => known).flat();
  // What is not asked is not compiled yet either.
  await rate(again, 1, plan);
  const perSecond = await rate(again, 1, plan);
  report(
    'known TPC-H texts of the same caller to verified text: decisions, admission and caches',
    `${Math.round(perSecond)} a second`,
    `≥ ${AIM_KNOWN}`,
    perSecond >= AIM_KNOWN,
  );
}

/** The same stages with PostgreSQL's dialect; its parser is its own witness, so that no server is asked. */
async function throughPostgres(texts: readonly string[], bench: BenchGate): Promise<void> {
  const { gate } = bench.open;
  const identity = await gate.authenticate(null);
  const { snapshot } = await gate.metadata.current();
  const acting = actingAlone(identity, snapshot);
  const engine = createPostgresEngine({
    name: 'warehouse',
    connection: { url: 'postgres://nobody@127.0.0.1:1/nothing' },
    concurrency: 1,
    perIdentity: 1,
    queue: 1,
  });
  const plan = async (text: string): Promise<void> => {
    const bound = bind(guard(parse(text, { maxBytes: gate.limits.sqlBytes })), snapshot.catalogue);
    const decisions = await decisionsFor(
      { acting, snapshot, datasets: bound.datasets, action: 'query', clientIp: null },
      gate,
    );
    const admitted = admit(bound, decisions);
    await verify(
      rewrite(resolve(admitted.bound, admitted.governed), {
        engine: 'postgres',
        identity,
        maskKey: gate.keys.mask,
        params: [],
        page: { limit: gate.limits.pageRows + 1, offset: 0 },
      }),
      engine,
    );
  };
  const round = Array.from({ length: ROUNDS }, () => texts).flat();
  await rate(round.slice(0, texts.length * 2), 1, plan);
  const perSecond = await rate(round, 1, plan);
  report(
    'TPC-H texts to verified text, PostgreSQL, both read back',
    `${Math.round(perSecond)} a second`,
    `≥ ${AIM}`,
    perSecond >= AIM,
  );
  await engine.close();
}

/** The stages that know neither caller nor catalogue. */
function alone(texts: readonly string[]): void {
  const steps = { parse: 0, guard: 0, print: 0, 'parse again and compare': 0 };
  function timed<T>(step: keyof typeof steps, work: () => T): T {
    const start = performance.now();
    const made = work();
    steps[step] += performance.now() - start;
    return made;
  }
  for (let i = -ROUNDS; i < ROUNDS; i++) {
    if (i === 0) for (const step of Object.keys(steps) as (keyof typeof steps)[]) steps[step] = 0;
    for (const text of texts) {
      const parsed = timed('parse', () => parse(text, { maxBytes: 100_000 }));
      const { select } = timed('guard', () => guard(parsed));
      const printed = timed('print', () => print(select));
      if (!timed('parse again and compare', () => givesBack(printed, select)))
        throw new Error(`lost: ${text}`);
    }
  }
  const count = ROUNDS * texts.length;
  for (const [step, time] of Object.entries(steps)) report(`${step}, TPC-H, mean`, ms(time / count));
  const total = Object.values(steps).reduce((sum, time) => sum + time, 0);
  report(
    'parse, guard, print and parse again, TPC-H',
    `${Math.round((count / total) * 1_000)} queries a second`,
  );
}

const texts = queries();
const bench = await startTpch(null, POLICIES);
try {
  await throughDuckDb(texts, bench);
  await throughPostgres(texts, bench);
  alone(texts);
} finally {
  await bench.close();
}
