/**
 * What a plan costs: 50,000 pairs of identity and dataset of which no two are decided alike, and a change for one group that
 * touches each of 5,000 datasets while 10,000 people are known. What is compiled before is not counted; a push costs that anyway.
 */
import { createPdp } from '../src/access/pdp.ts';
import type { Catalogue, Dataset } from '../src/catalogue/dataset.ts';
import type { Identity } from '../src/identity/identity.ts';
import { askerOf } from '../src/plan/ask-in-parallel.ts';
import { buildPlan, type State } from '../src/plan/build-plan.ts';
import type { Subject } from '../src/plan/subjects.ts';
import { compilePolicies } from '../src/policies/compile.ts';
import { madeUpColumn, madeUpDataset } from './made-up-datasets.ts';
import { QUICK, report } from './report.ts';

const ENVIRONMENT = 'production';

function state(hash: string, datasets: readonly Dataset[], policies: readonly unknown[]): State {
  const byId = new Map(datasets.map((one) => [one.id, one]));
  const catalogue: Catalogue = {
    datasets,
    projects: [],
    byId: (id) => byId.get(id),
    lookup: (parts) => byId.get(parts.join('.')),
    candidates: (parts) => [byId.get(parts.join('.'))].filter((one) => one !== undefined),
  };
  const text = JSON.stringify({ policies });
  const compiled = compilePolicies([{ path: 'policies.yml', text }], catalogue, { environment: ENVIRONMENT });
  return { hash, catalogue, policies: compiled };
}

function person(n: number, groups: readonly string[]): Subject {
  const identity: Identity = {
    sub: `user-${n}`,
    kind: 'user',
    display_name: null,
    groups: ['employees', ...groups],
    roles: ['reader'],
    scopes: ['dataset:query'],
    attributes: { regions: ['north'], employment: 'regular' },
    issuer: 'https://login.example.com',
  };
  return { identity, origin: 'seen', name: identity.sub };
}

interface Measured {
  readonly ms: number;
  /** Of all threads: what is left of the time on a machine that does other work. */
  readonly cpuMs: number;
  readonly pairs: number;
  readonly decisions: number;
  readonly classes: number;
}

async function measure(before: State, after: State, known: readonly Subject[]): Promise<Measured> {
  const asker = await askerOf(createPdp({ kind: 'embedded' }));
  try {
    const started = performance.now();
    const busy = process.cpuUsage();
    const { summary, verdict } = await buildPlan({
      before,
      after,
      known,
      days: 30,
      environment: ENVIRONMENT,
      now: Date.now(),
      ask: asker.ask,
      grants: [],
      names: true,
      warnings: [],
    });
    if (verdict !== 'gain') throw new Error(`the plan says ${verdict}`);
    const { user, system } = process.cpuUsage(busy);
    const ms = performance.now() - started;
    return { ms, cpuMs: (user + system) / 1000, ...summary, classes: summary.identities.classes };
  } finally {
    await asker.close();
  }
}

/** Ten masks, each with a group of its own that is exempt, on as many columns; each dataset has them on columns of its own choice. */
async function nothingAlike(people: number, datasets: number): Promise<Measured> {
  const tags = Array.from({ length: 10 }, (_, n) => `kind.k${n}`);
  const made = Array.from({ length: datasets }, (_, n) =>
    // Which tags a column has is what tells the datasets apart for whoever decides.
    madeUpDataset(
      n,
      [],
      tags.map((tag, at) =>
        madeUpColumn(`column_${at}`, (n >> (at % 7)) & 1 ? [tag, tags[(at + n) % 10] ?? tag] : [tag]),
      ),
    ),
  );
  const policies = (extra: readonly string[]) =>
    tags.map((tag, n) => ({
      id: `mask-${n}`,
      on: { column_tag: tag },
      mask:
        n % 3 === 0
          ? { with: 'hash' }
          : n % 3 === 1
            ? { with: 'null' }
            : { with: 'partial', first: 1, last: n % 5 },
      unless: { any: [{ group: `group-${n}` }, ...(n < 6 ? extra : []).map((group) => ({ group }))] },
    }));
  const known = Array.from({ length: people }, (_, n) =>
    person(n, [
      ...tags.flatMap((_, at) => ((n >> at) & 1 ? [`group-${at}`] : [])),
      ...(n % 7 === 0 ? ['marketing'] : []),
    ]),
  );
  return measure(state('before', made, policies([])), state('after', made, policies(['marketing'])), known);
}

/** A change of one policy that covers every dataset; most people share their groups with others. */
async function oneGroup(people: number, datasets: number): Promise<Measured> {
  const made = Array.from({ length: datasets }, (_, n) =>
    madeUpDataset(
      n,
      [`topic_${n % 50}`],
      Array.from({ length: 30 }, (_, at) =>
        madeUpColumn(
          `column_${n % 5}_${at}`,
          at === 3 ? ['pii.email'] : at < 8 ? [`topic_${n % 50}.kind_${at}`] : [],
        ),
      ),
    ),
  );
  const policies = (groups: readonly string[]) => [
    { id: 'mask-email', on: { column_tag: 'pii.email' }, mask: { with: 'hash' }, unless: { group: groups } },
    ...Array.from({ length: 499 }, (_, n) => ({
      id: `policy-${n}`,
      on: { column_tag: `topic_${n % 50}.kind_${n % 8}` },
      mask: { with: n % 2 === 0 ? 'hash' : 'null' },
      unless: {
        any: [
          { group: `officers-${n % 17}` },
          { all: [{ role: 'auditor' }, { attribute: { employment: 'regular' } }] },
        ],
      },
    })),
  ];
  const known = Array.from({ length: people }, (_, n) =>
    person(n, [
      `team-${n % 300}`,
      `officers-${n % 17}`,
      ...(n % 11 === 0 ? [`officers-${n % 13}`] : []),
      ...(n % 40 === 0 ? ['marketing'] : []),
    ]),
  );
  return measure(
    state('before', made, policies(['officers'])),
    state('after', made, policies(['officers', 'marketing'])),
    known,
  );
}

const words = ({ ms, cpuMs, classes, decisions, pairs }: Measured): string =>
  `${(ms / 1000).toFixed(2)} s (${(cpuMs / 1000).toFixed(2)} s of CPU; ${pairs.toLocaleString('en')} pairs, ${classes.toLocaleString('en')} classes, ${decisions.toLocaleString('en')} decisions)`;

const scale = QUICK ? 5 : 1;
const apart = await nothingAlike(500 / scale, 100 / scale);
report('plan over 50,000 pairs, no two decided alike', words(apart), '10 s', apart.ms <= 10_000);
const many = await oneGroup(10_000 / scale, 5_000 / scale);
report('plan for 10,000 identities and 5,000 datasets, all touched', words(many), '10 s', many.ms <= 10_000);
const peak = process.resourceUsage().maxRSS / 1024;
report('  peak memory of both, the states included', `${peak.toFixed(0)} MB`, '1,500 MB', peak <= 1_500);
