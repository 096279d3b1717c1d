/** Which datasets an identity may have a copy of, and which of the others it may know of. What it may not know of is named nowhere. */
import type { Decision } from '../access/decision.ts';
import type { Column, Dataset } from '../catalogue/dataset.ts';
import { globMatcher } from '../policies/glob.ts';

export interface Chosen {
  readonly dataset: Dataset;
  readonly decision: Decision;
  /** Those that exist for the identity, in the order of the warehouse. */
  readonly columns: readonly Column[];
  /** Those that the warehouse has and that do not exist for the identity. Nobody but a steward is told. */
  readonly hidden: readonly Column[];
}

export interface LeftOut {
  readonly dataset: string;
  /** dbt's unique_id. */
  readonly unique_id: string;
  /** A reason code of the decision, an error code, or `not_asked_for`. */
  readonly reason: string;
  readonly message: string;
}

export interface Choice {
  readonly chosen: readonly Chosen[];
  readonly leftOut: readonly LeftOut[];
}

/** @param globs of dataset ids; none takes all */
export function choose(
  datasets: readonly Dataset[],
  decisions: ReadonlyMap<string, Decision>,
  globs: readonly string[],
): Choice {
  const wanted = globs.map((glob) => globMatcher(glob.toLowerCase()));
  const chosen: Chosen[] = [];
  const leftOut: LeftOut[] = [];
  for (const dataset of [...datasets].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const decision = decisions.get(dataset.id);
    if (decision === undefined || !(decision.allow || decision.discoverable)) continue;
    const columns = visible(dataset, decision);
    const asked =
      wanted.length === 0 || dataset.names.some((name) => wanted.some((matches) => matches(name)));
    const why = !asked ? NOT_ASKED : whyNot(dataset, decision, columns);
    if (why === null) chosen.push({ dataset, decision, columns, hidden: hiddenBeside(dataset, columns) });
    else leftOut.push(leave(dataset, why));
  }
  return apart(chosen, leftOut);
}

export const leave = ({ id, uniqueId }: Dataset, why: Why): LeftOut => ({
  dataset: id,
  unique_id: uniqueId,
  ...why,
});

/** One file has one relation of a name; of several databases or datasets it is none's. */
function apart(chosen: readonly Chosen[], leftOut: readonly LeftOut[]): Choice {
  const byPlace = Map.groupBy(chosen, ({ dataset: { relation } }) =>
    JSON.stringify([relation.schema, relation.identifier]).toLowerCase(),
  );
  const clashing = [...byPlace.values()].filter(({ length }) => length > 1).flat();
  clashing.push(...chosen.filter(({ dataset }) => TAKEN.has(dataset.relation.schema.toLowerCase())));
  return {
    chosen: chosen.filter((one) => !clashing.includes(one)),
    leftOut: [...leftOut, ...clashing.map(({ dataset }) => leave(dataset, CLASH))],
  };
}

export type Why = Omit<LeftOut, 'dataset' | 'unique_id'>;

const CLASH: Why = {
  reason: 'names_clash',
  message: 'Its schema and name are taken in the file: by another dataset, by DuckDB or by the manifest.',
};
const TAKEN: ReadonlySet<string> = new Set(['_sluice', 'information_schema', 'pg_catalog']);

const NOT_ASKED: Why = { reason: 'not_asked_for', message: 'No --dataset names it.' };

const visible = (dataset: Dataset, decision: Decision): readonly Column[] =>
  dataset.columns.filter((column) => column.exposed && !decision.hidden.includes(column.folded));

const hiddenBeside = (dataset: Dataset, columns: readonly Column[]): readonly Column[] =>
  dataset.columns.filter((column) => column.state !== 'ghost' && !columns.includes(column));

function whyNot(dataset: Dataset, decision: Decision, columns: readonly Column[]): Why | null {
  if (!decision.allow) return { reason: decision.reason, message: 'The identity may not query it.' };
  if (dataset.invalid !== null)
    return { reason: 'dataset_invalid', message: 'It is not available in the engine.' };
  if (columns.length === 0) return { reason: 'no_columns', message: 'None of its columns is visible.' };
  const folded = new Set(columns.map((column) => column.name.toLowerCase()));
  if (folded.size < columns.length)
    return {
      reason: 'names_clash',
      message: 'Names of its columns differ in case only, which DuckDB does not tell apart.',
    };
  return null;
}
