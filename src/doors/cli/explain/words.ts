/** An explanation as a tree, from what comes out to the line of YAML: column, policy, tag and its origin, facts of the identity, what would change it. */
import type { ExplainedDecision, Explanation, TrailStep } from '../../../explain.ts';
import { type Branch, leaf } from './tree.ts';

type Evidence = TrailStep['on'][number];
type Judgement = NonNullable<TrailStep['who']>;

/** What was asked about: the rest of a dataset is left out where it was one column. */
export type About =
  | { readonly kind: 'query' | 'dataset' }
  /** Lower-case. */
  | { readonly kind: 'column'; readonly column: string };

/** One tree for the columns of the answer, and one for each dataset. */
export function treesOf(explanation: Explanation, about: About): readonly Branch[] {
  const { columns, decisions, governed_sql } = explanation;
  const read = new Set(
    columns.flatMap(({ from }) => from.map(({ dataset, column }) => `${dataset}.${column.toLowerCase()}`)),
  );
  const shows: Shows = (dataset, column) => {
    const name = column.toLowerCase();
    if (about.kind === 'column') return name === about.column;
    return about.kind === 'dataset' || read.has(`${dataset}.${name}`);
  };
  return [
    ...(columns.length === 0 ? [] : [outputs(explanation)]),
    ...decisions.map((decision) => datasetTree(decision, shows)),
    ...(governed_sql === undefined ? [] : [{ text: 'governed SQL', under: [leaf(governed_sql)] }]),
  ];
}

/** Whether a column of a dataset is part of what was asked about. */
type Shows = (dataset: string, column: string) => boolean;

function outputs({ columns }: Explanation): Branch {
  const shown = columns.map(({ name, masked }) => (masked ? `${name} (masked)` : name));
  const derived = columns.filter(({ name, from }) => from.length !== 1 || from[0]?.column !== name);
  return {
    text: `columns: ${shown.join(', ')}`,
    under: derived.map(({ name, from }) => {
      const origins = from.map(({ dataset, column, masks, masked }) => {
        const how = masks && masks.length > 0 ? `, ${masks.join(' or ')}` : masked ? ', masked' : '';
        return `${dataset}.${column}${how}`;
      });
      return leaf(`${name} comes from ${origins.join(' and ') || 'no column'}`);
    }),
  };
}

function datasetTree(decision: ExplainedDecision, shows: Shows): Branch {
  const { dataset, allow, reason, filtered, trail, hint } = decision;
  const verdict = allow ? `allowed${filtered ? ', rows are filtered' : ''}` : `denied (${reason})`;
  const room = decision.clean_room === undefined ? [] : [leaf(`clean room: ${decision.clean_room}`)];
  const { request_access: ask } = decision;
  const how =
    ask === undefined
      ? []
      : [leaf(`sluice requests ask ${ask.kind} ${ask.dataset} --reason "…" --duration 2h`)];
  const advice = [...room, ...(hint === undefined ? [] : [leaf(hint)]), ...how];
  if (trail === undefined) {
    const masked = decision.masked.filter((column) => shows(dataset, column));
    const told = masked.length === 0 ? [] : [leaf(`masked: ${masked.join(', ')}`)];
    return { text: `${dataset}: ${verdict}`, under: [...told, ...advice] };
  }
  const access = trail.filter(({ effect }) => !RELEASES.has(effect));
  const released = trail.filter(({ effect }) => RELEASES.has(effect) && effect !== 'mask');
  const nowhere = (decision.unexposed ?? []).filter(({ column }) => shows(dataset, column));
  const entrance = { text: 'access', under: access.map((step) => stepTree(step, step.on)) };
  // How it would be released is beside the point where it is not.
  if (!allow) return { text: `${dataset}: ${verdict}`, under: [entrance, ...advice] };
  const under = [
    ...columnTrees(decision, trail, shows),
    ...nowhere.map(({ column, state }) =>
      leaf(`${column}: there for nobody, since it is ${STATES[state] ?? state}`),
    ),
    ...released.map((step) => stepTree(step, step.on)),
    ...room,
    entrance,
  ];
  return { text: `${dataset}: ${verdict}`, under };
}

/** Effects that say how, and not whether, something is released. */
const RELEASES: ReadonlySet<string> = new Set(['rows', 'limit', 'mask']);

const STATES: Readonly<Record<string, string>> = {
  unclassified: 'not classified: the warehouse has it, dbt does not document it',
  ghost: 'a ghost: dbt documents it, the warehouse has it not',
};

function columnTrees(
  decision: ExplainedDecision,
  trail: readonly TrailStep[],
  shows: Shows,
): readonly Branch[] {
  const steps = new Map<string, Branch[]>();
  for (const step of trail.filter(({ effect }) => effect === 'mask'))
    for (const { column, overruled_by, lifted_by, on } of step.columns) {
      if (!shows(decision.dataset, column)) continue;
      const branches = steps.get(column) ?? [];
      branches.push(stepTree(step, on, { overruled_by, lifted_by }));
      steps.set(column, branches);
    }
  return [...steps].map(([column, under]) => ({ text: `${column}: ${stateOf(column, decision)}`, under }));
}

interface AppliedMask {
  readonly mask: object | null;
  readonly when?: readonly { readonly mask: object }[];
}

function stateOf(column: string, { hidden, masks, unfit }: ExplainedDecision): string {
  if (hidden?.includes(column)) return 'hidden';
  const applied = masks !== undefined && Object.hasOwn(masks, column) ? (masks[column] as AppliedMask) : null;
  if (applied === null) return 'as it is stored';
  const always = applied.mask === null ? 'as it is stored' : `masked, ${maskWords(applied.mask)}`;
  const some = (applied.when ?? []).map(({ mask }) => maskWords(mask));
  if (unfit?.includes(column) && some.length === 0)
    return `${always}, which does not fit its type: null is shown`;
  return some.length === 0 ? always : `in some rows masked, ${some.join('; ')}; else ${always}`;
}

/** `{ kind: 'partial', first: 4, last: 4 }` → `partial (first 4, last 4)` */
function maskWords(mask: object): string {
  const { kind, ...rest } = mask as { readonly kind?: unknown };
  const options = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return options.length === 0 ? String(kind) : `${kind} (${options.join(', ')})`;
}

const OUTCOMES: Readonly<Record<TrailStep['outcome'], string>> = {
  applies: '',
  exempt: ', but not here: exempt',
  met: ': met',
  not_met: ': not met',
  no_concern: ', but not here: it is about others',
};

interface Instead {
  readonly overruled_by: string | null;
  readonly lifted_by: string | null;
}

function insteadWords({ overruled_by, lifted_by }: Instead): string {
  if (lifted_by !== null) return `; the grant ${lifted_by} lifts it`;
  return overruled_by === null ? '' : `; the stricter ${overruled_by} stands instead`;
}

function stepTree(step: TrailStep, on: readonly Evidence[], instead: Instead | null = null): Branch {
  const { policy, does, outcome, who, unless, within, exempt_by, change } = step;
  const place = policy === null ? '' : ` (${policy.source.file}:${policy.source.line})`;
  const overruled = instead === null ? '' : insteadWords(instead);
  const whose = step.party === undefined ? '' : `${partyWords(step.party)}: `;
  return {
    text: `${whose}${policy === null ? 'level' : policy.id} ${does}${OUTCOMES[outcome]}${overruled}${place}`,
    under: [
      ...evidenceTrees(on),
      ...(who === null ? [] : [judgementTree('who', who)]),
      ...(unless === null ? [] : [judgementTree('unless', unless)]),
      ...(within === null ? [] : [judgementTree('within', within)]),
      ...(exempt_by === null ? [] : [leaf(`exempt by ${exempt_by}`)]),
      ...(change.length === 0 ? [] : [leaf(`to change it: ${change.join(', or ')}`)]),
    ],
  };
}

/** `members.0.actor` → `for member 1, for the actor` */
function partyWords(party: string): string {
  return party
    .replace(/members\.(\d+)|actor/g, (part, at) =>
      part === 'actor' ? 'for the actor' : `for member ${Number(at) + 1}`,
    )
    .replaceAll('.', ', ');
}

/** Above so many columns with the same tag their origins are left out. */
const FEW = 2;

function evidenceTrees(all: readonly Evidence[]): readonly Branch[] {
  const groups = Map.groupBy(all, ({ on }) => on);
  return [...groups].flatMap(([on, found]) => {
    if (found.length <= FEW) return found.map(evidenceTree);
    const columns = found.map(
      ({ column, tag }) => `${column ?? 'the dataset'}${tag === null ? '' : ` has ${tag}`}`,
    );
    return [leaf(`on ${on}: ${columns.join(', ')}`)];
  });
}

function evidenceTree({ on, column, tag, from }: Evidence): Branch {
  const found = tag === null ? '' : `: ${column === null ? 'the dataset' : column} has ${tag}`;
  return { text: `on ${on}${found}`, under: from === null ? [] : [leaf(originWords(from, column))] };
}

function originWords(from: NonNullable<Evidence['from']>, column: string | null): string {
  const file = from.file === null ? '' : ` in ${from.file}`;
  switch (from.kind) {
    case 'explicit':
      return `from ${from.via}${file}`;
    case 'derived':
      return `derived from ${from.via}${file}`;
    case 'patched':
      return `patched by ${from.by} at ${from.at} with ${from.via}${file}`;
    case 'propagated': {
      const path = from.path.map((one) => `${one.dataset}.${one.column}`);
      return `propagated ${[...path, column ?? 'here'].join(' → ')}${file === '' ? '' : `; first${file}`}`;
    }
    default:
      return from satisfies never;
  }
}

const TRUTHS = { true: 'yes', false: 'no', unknown: 'unknown' } as const;

function judgementTree(word: string, { truth, alternatives }: Judgement): Branch {
  const text = `${word}: ${TRUTHS[truth]}`;
  if (alternatives.length === 1 && alternatives[0]?.facts.length === 0) return leaf(`${word}: yes, everyone`);
  return {
    text,
    under: alternatives.map(({ truth: whole, facts }) =>
      leaf(
        facts.length === 1
          ? `${facts[0]?.fact}: ${TRUTHS[whole]}`
          : `${facts.map(({ fact, truth: one }) => `${fact} (${TRUTHS[one]})`).join(' and ')}: ${TRUTHS[whole]}`,
      ),
    ),
  };
}
