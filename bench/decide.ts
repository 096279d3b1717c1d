/** What governing costs before any SQL is touched: 1,000 policies matched to 10,000 datasets of 30 columns, and a decision for one that 20 of them match. */
import Table from 'cli-table3';
import { createDecider, type DecideOptions } from '../src/access/decide.ts';
import { buildContext } from '../src/access/input.ts';
import { partiesOf } from '../src/access/party.ts';
import { createPdp } from '../src/access/pdp.ts';
import type { Catalogue, Dataset } from '../src/catalogue/dataset.ts';
import type { Identity } from '../src/identity/identity.ts';
import { compilePolicies } from '../src/policies/compile.ts';
import { madeUpColumn, madeUpDataset } from './made-up-datasets.ts';
import { median, QUICK, quantile, report } from './report.ts';

const DATASETS = 10_000;
const COLUMNS = 30;
const POLICIES = 1000;
/** Each topic tags every fiftieth dataset, and 20 policies are on it. */
const TOPICS = 50;
const RUNS = QUICK ? 200 : 2000;

function dataset(n: number): Dataset {
  const topic = `topic_${n % TOPICS}`;
  const columns = Array.from({ length: COLUMNS }, (_, i) =>
    madeUpColumn(`column_${i}`, i < 8 ? [`${topic}.kind_${i}`] : []),
  );
  return madeUpDataset(n, [topic, 'dbt.folder.marts'], columns);
}

/** A mix as projects have it: mostly masks, then filters, requirements, denials, allowances. */
function policy(n: number): unknown {
  const topic = `topic_${n % TOPICS}`;
  const kind = Math.floor(n / TOPICS);
  const unless = {
    any: [
      { group: `officers-${n % 7}` },
      { all: [{ role: 'auditor' }, { attribute: { clearance: 'high' } }] },
    ],
  };
  const id = `policy-${n}`;
  if (kind < 10) {
    return {
      id,
      on: { column_tag: `${topic}.kind_${kind % 8}` },
      mask: { with: kind % 2 === 0 ? 'hash' : 'null' },
      unless,
    };
  }
  if (kind < 14) {
    const where = `column('${topic}.kind_${kind % 8}') = any(identity.attributes.regions)`;
    return { id, on: { column_tag: topic }, rows: { where }, unless };
  }
  if (kind < 17)
    return { id, on: { tag: topic }, require: { any: [{ group: 'employees' }, { role: 'service' }] } };
  if (kind < 19)
    return { id, on: { tag: topic }, deny: { attribute: { employment: 'ended' } }, unless: { kind: 'user' } };
  return { id, on: { tag: topic }, allow: { group: ['employees', 'partners'] } };
}

const micros = (ms: number) => (ms >= 1 ? `${ms.toFixed(2)} ms` : `${(ms * 1000).toFixed(1)} µs`);

async function main(): Promise<void> {
  const datasets = Array.from({ length: DATASETS }, (_, n) => dataset(n));
  const byId = new Map(datasets.map((d) => [d.id, d]));
  const catalogue: Catalogue = {
    datasets,
    projects: [],
    byId: (id) => byId.get(id),
    lookup: (parts) => byId.get(parts.join('.')),
    candidates: (parts) => [byId.get(parts.join('.'))].filter((one) => one !== undefined),
  };
  const text = JSON.stringify({ policies: Array.from({ length: POLICIES }, (_, n) => policy(n)) });
  const before = process.memoryUsage().heapUsed;
  const started = performance.now();
  const policies = compilePolicies([{ path: 'policies.yml', text }], catalogue, {
    environment: 'production',
  });
  const compileMs = performance.now() - started;
  const heapMb = (process.memoryUsage().heapUsed - before) / 1e6;

  const subject = datasets[0];
  if (subject === undefined) throw new Error('no dataset');
  const identity = (n: number): Identity => ({
    sub: `user-${n}`,
    kind: 'user',
    display_name: null,
    groups: ['employees', 'analysts', `team-${n % 10}`],
    roles: ['reader'],
    scopes: ['dataset:query'],
    attributes: { regions: ['north', 'south'], clearance: 'low' },
    issuer: 'https://login.example.com',
  });
  const context = buildContext({
    now: Date.now(),
    environment: 'production',
    clientIp: '127.0.0.1',
    policies,
  });
  const ask = (n: number): DecideOptions => ({
    parties: partiesOf(identity(n), () => context),
    datasets: [subject],
    policies,
    snapshotHash: policies.revision,
    action: 'query',
    request: { sql_tables: [subject.id], columns: [], limit: 100, offset: 0, formats: ['json'] },
  });

  const decider = createDecider({ pdp: createPdp({ kind: 'embedded' }) });
  const time = async (n: number) => {
    const from = performance.now();
    const decision = (await decider.decide(ask(n))).get(subject.id);
    const took = performance.now() - from;
    if (decision?.allow !== true) throw new Error(`not allowed: ${decision?.reason}`);
    return took;
  };
  const first = await time(0);
  const cold: number[] = [];
  for (let n = 1; n <= RUNS; n++) cold.push(await time(n));
  const cached: number[] = [];
  for (let n = 1; n <= RUNS; n++) cached.push(await time(1));

  const table = new Table({ head: ['', 'median', 'p99', 'aim'] });
  table.push(
    [
      `${POLICIES} policies over ${DATASETS} datasets, ${DATASETS * COLUMNS} columns`,
      micros(compileMs),
      '',
      'seconds',
    ],
    [
      `decision, ${policies.forDataset(subject.id).length} policies, the very first (loads the bundle)`,
      micros(first),
      '',
      '',
    ],
    ['decision, cold', micros(quantile(cold, 0.5)), micros(quantile(cold, 0.99)), '2 ms'],
    ['decision, cached', micros(quantile(cached, 0.5)), micros(quantile(cached, 0.99)), '50 µs'],
  );
  console.log(table.toString());
  const [made, kept] = [median(cold), median(cached)];
  report('a decision that 20 of 1,000 policies match, cold', micros(made), '2 ms', made <= 2);
  report('the same, cached', micros(kept), '50 µs', kept <= 0.05);
  console.log(`heap of the compiled policies: ${heapMb.toFixed(0)} MB`);
}

await main();
