/** The output columns of a query, each with the columns of datasets that flow into it and, for stewards, their masks. */
import type { Decision } from '../access/decision.ts';
import type { Plan } from '../request/plan.ts';
import { originsOf } from '../sql/origins.ts';

export interface ExplainedColumn {
  readonly name: string;
  readonly masked: boolean;
  /** What flows into its values; what only decides which rows there are is not among it. */
  readonly from: readonly {
    readonly dataset: string;
    readonly column: string;
    readonly masked: boolean;
    /** Kinds of the masks that may stand on it, strictest first. */
    readonly masks?: readonly string[];
  }[];
  /** How many of them are left out of a very large explanation. */
  readonly omitted?: number;
}

export function explainColumns(
  { verified, resolved, decisions }: Plan,
  steward: boolean,
): readonly ExplainedColumn[] {
  const origins = originsOf(resolved());
  return verified.columns.map(({ name, masked }, i) => ({
    name,
    masked,
    ...(origins[i]?.omitted ? { omitted: origins[i].omitted } : {}),
    from: (origins[i]?.origins ?? []).map(({ dataset, column }) => {
      const masks = masksOn(column.folded, decisions.get(dataset.id));
      return {
        dataset: dataset.id,
        column: column.name,
        masked: masks.length > 0,
        ...(steward ? { masks } : {}),
      };
    }),
  }));
}

function masksOn(column: string, decision: Decision | undefined): readonly string[] {
  if (decision === undefined || !Object.hasOwn(decision.masks, column)) return [];
  const applied = decision.masks[column];
  if (applied === undefined) return [];
  const kinds = [...(applied.when ?? []), applied].flatMap(({ mask }) => mask?.kind ?? []);
  return [...new Set(kinds)];
}
