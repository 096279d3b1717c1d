/** From two states and the people who are known to the report: what differs, whom it concerns, and how grave it is. */
import type { DecisionContext } from '../access/decision.ts';
import type { Literal, PolicySet } from '../policies/policy.ts';
import type { HeldGrant } from '../requests/grant.ts';
import type { Snapshot } from '../snapshot.ts';
import { accessChanges, type Concern } from './access-changes.ts';
import { circumstancesOf } from './circumstances.ts';
import { classify, TruthTable } from './classes.ts';
import { ConditionTable, factsOf } from './conditions.ts';
import { byGravity, gather, realOf, verdictOf } from './gather.ts';
import { grantChanges } from './grant-changes.ts';
import { metadataChanges } from './metadata-changes.ts';
import { pairDatasets } from './pairs.ts';
import { projectChanges } from './project-changes.ts';
import { type Ask, Questions } from './questions.ts';
import type { Count, Direction, GrantChange, PlanReport } from './report.ts';
import { roomChanges } from './room-changes.ts';
import { type Shape, shapesOf } from './shape.ts';
import { Splitter } from './split.ts';
import { imagine, type Subject } from './subjects.ts';
import { tagIndex } from './tag-index.ts';
import { naming } from './who.ts';

export type State = Pick<Snapshot, 'hash' | 'catalogue' | 'policies'>;

export interface PlanInput {
  /** Null where nothing was pushed yet. */
  readonly before: State | null;
  readonly after: State;
  /** Personas, and who was seen. */
  readonly known: readonly Subject[];
  /** That are neither over nor revoked. */
  readonly grants: readonly HeldGrant[];
  readonly days: number;
  readonly environment: string;
  /** Milliseconds since the epoch: what has expired by now is not there. */
  readonly now: number;
  readonly ask: Ask;
  /** Whether people who were seen may be named. */
  readonly names: boolean;
  readonly warnings: readonly string[];
}

/** Entries of a list in the report, and changes of one entry. */
const MOST = {
  datasets: 1_000,
  columns: 2_000,
  tags: 2_000,
  policies: 1_000,
  projects: 1_000,
  access: 300,
  grants: 1_000,
  changes: 2_000,
};

const NO_POLICIES: Pick<PolicySet, 'policies' | 'forDataset' | 'networksOf' | 'hoursAt'> = {
  policies: [],
  forDataset: () => [],
  networksOf: () => null,
  hoursAt: () => [],
};

/** @throws SluiceError pdp_unavailable */
export async function buildPlan(input: PlanInput): Promise<PlanReport> {
  const { before, after, known, environment } = input;
  const rules = { before: before?.policies ?? NO_POLICIES, after: after.policies };
  const pairs = pairDatasets(before?.catalogue ?? { datasets: [] }, after.catalogue);
  const metadata = metadataChanges(pairs, rules.before, rules.after);

  const inProjects = projectChanges(
    { projects: before?.catalogue.projects ?? [], policies: rules.before.policies },
    { projects: after.catalogue.projects, policies: rules.after.policies },
  );

  const conditions = new ConditionTable();
  const paired = pairs.map((pair) => ({
    pair,
    before: pair.before === null ? [] : rules.before.forDataset(pair.before.id),
    after: pair.after === null ? [] : rules.after.forDataset(pair.after.id),
  }));
  const tags = tagIndex([...(before?.catalogue.datasets ?? []), ...after.catalogue.datasets]);
  const shapes = shapesOf(paired, tags, conditions);
  const { facts, differing } = sortedFacts(shapes, conditions);
  const circumstances = circumstancesOf(facts, [rules.before, rules.after]);
  const imagined = imagine(shapes.map(policiesOf));
  const subjects = shapes.length === 0 ? known : [...known, ...imagined.subjects];
  const classes = classify(subjects, facts, environment);
  const truths = new TruthTable(classes, circumstances.variants, environment);
  const questions = new Questions(input.ask, contextAt(input.now, environment));
  const concerns = await accessChanges({
    shapes,
    size: classes.length,
    splitter: new Splitter(classes, conditions, truths, questions),
    variants: circumstances.variants,
    questions,
  });

  const name = naming({
    subjects,
    classes,
    facts,
    differing,
    names: input.names,
    holders: (fact) => truths.row(conditions.of([[fact]]), [[fact]], 0),
  });
  const rooms = roomChanges({
    pairs,
    tags,
    known,
    environment,
    names: input.names,
    before: before?.catalogue.projects ?? [],
    after: after.catalogue.projects,
  });
  const access = [...gather(concerns, name, realOf(classes, subjects), tags), ...rooms].sort(byGravity);
  const grants = grantChanges({ before, after, grants: input.grants, tags, names: input.names });
  const regained = grants.some((one) => one.change === 'restored' && one.tags.length > 0);
  const verdict = regained ? 'gain' : verdictOf(access);
  const changed = (change: GrantChange['change']): number =>
    grants.filter((one) => one.change === change).length;
  const concerned = shapes.reduce((sum, shape) => sum + shape.pairs.length, 0);
  const cut: Record<string, number> = {};
  const atMost = <T>(what: keyof typeof MOST, list: readonly T[]): readonly T[] => {
    if (list.length > MOST[what]) cut[what] = Math.max(cut[what] ?? 0, list.length);
    return list.slice(0, MOST[what]);
  };
  const shown = atMost('access', access).map((one) => ({ ...one, changes: atMost('changes', one.changes) }));
  const of = (direction: Direction): number => peopleIn(concerns, direction, subjects, classes);
  return {
    format: 1,
    base: before?.hash ?? null,
    etag: after.hash,
    changed: before?.hash !== after.hash,
    environment,
    verdict: inProjects.doubtful && verdict === 'no_gain' ? 'may_gain' : verdict,
    summary: {
      datasets: countOf(metadata.datasets),
      columns: countOf(metadata.columns),
      tags: countOf(metadata.tags),
      policies: countOf(metadata.policies),
      identities: {
        personas: known.filter(({ origin }) => origin === 'persona').length,
        seen: known.filter(({ origin }) => origin === 'seen').length,
        days: input.days,
        classes: classes.length,
        gaining: of('gain'),
        losing: of('loss'),
      },
      grants: {
        active: input.grants.length,
        void: changed('void'),
        narrowed: changed('narrowed'),
        restored: changed('restored'),
      },
      decisions: questions.asked,
      pairs: concerned * known.length,
    },
    datasets: atMost('datasets', metadata.datasets),
    columns: atMost('columns', metadata.columns),
    tags: atMost('tags', metadata.tags),
    policies: atMost('policies', metadata.policies),
    projects: atMost('projects', inProjects.projects),
    access: shown,
    grants: atMost('grants', grants),
    cut,
    warnings: [
      ...input.warnings,
      ...inProjects.warnings,
      ...(circumstances.whole
        ? []
        : ['The policies name more networks and hours than a plan looks at in every combination.']),
      ...(imagined.whole
        ? []
        : [
            'The policies name more conditions than a plan imagines people for; who is known is asked for all the same.',
          ]),
    ],
  };
}

const policiesOf = ({ before, after }: Shape) => ({
  before: before?.policies ?? [],
  after: after?.policies ?? [],
});

function contextAt(now: number, environment: string): DecisionContext {
  const date = new Date(now);
  const minute_of_day = date.getUTCHours() * 60 + date.getUTCMinutes();
  return {
    project: null,
    purpose: null,
    environment,
    time: { epoch: Math.floor(now / 1000), minute_of_day, weekday: date.getUTCDay() },
    client_ip: null,
    networks: [],
    hours: [],
    grants: [],
  };
}

const PREFERRED = ['group', 'role', 'scope', 'attribute', 'kind', 'issuer', 'sub', 'environment'];

/** Facts that stand on one side alone first: by them people are told apart who gain from those who do not. */
function sortedFacts(
  shapes: readonly Shape[],
  { conditions }: ConditionTable,
): { readonly facts: readonly Literal[]; readonly differing: ReadonlySet<Literal> } {
  const texts = (numbers: readonly number[]): ReadonlyMap<string, Literal> =>
    new Map(
      factsOf(numbers.map((number) => conditions[number] ?? [])).map((fact) => [JSON.stringify(fact), fact]),
    );
  const all = new Map<string, Literal>();
  const differing = new Set<string>();
  for (const { before, after } of shapes) {
    const [was, is] = [texts(before?.conditions ?? []), texts(after?.conditions ?? [])];
    for (const [text, fact] of [...was, ...is]) {
      all.set(text, fact);
      if (was.has(text) !== is.has(text)) differing.add(text);
    }
  }
  const rank = (text: string, { fact }: Literal): number =>
    (differing.has(text) ? 0 : PREFERRED.length + 1) + PREFERRED.indexOf(fact);
  const sorted = [...all].sort(([a, x], [b, y]) => rank(a, x) - rank(b, y) || (a < b ? -1 : 1));
  return {
    facts: sorted.map(([, fact]) => fact),
    differing: new Set(sorted.flatMap(([text, fact]) => (differing.has(text) ? [fact] : []))),
  };
}

function countOf(changes: readonly { readonly change: 'added' | 'removed' | 'changed' }[]): Count {
  const of = (wanted: string): number => changes.filter(({ change }) => change === wanted).length;
  return { added: of('added'), removed: of('removed'), changed: of('changed') };
}

/** Personas and people seen whom a change of that direction concerns. */
function peopleIn(
  concerns: readonly Concern[],
  direction: Direction,
  subjects: readonly Subject[],
  classes: readonly { readonly subjects: readonly number[] }[],
): number {
  const people = new Set<number>();
  for (const { classes: set, items } of concerns)
    if (items.some(({ atom }) => atom.direction === direction))
      for (const index of set)
        for (const at of classes[index]?.subjects ?? [])
          if (subjects[at]?.origin !== 'imagined') people.add(at);
  return people.size;
}
