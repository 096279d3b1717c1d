/**
 * Judges one query over one loaded world. First form: the governed answer is that of the physical copy. Second form: the
 * twin, which differs only in what is hidden, answers alike, errors included. Anything else is a leak or a fault.
 */
import { SluiceError } from '../../src/errors.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { parse } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { admit } from '../../src/sql/resolve/admit.ts';
import { bind } from '../../src/sql/resolve/bind.ts';
import { resolve } from '../../src/sql/resolve/resolve.ts';
import type { Barrier } from '../../src/sql/rewrite/govern.ts';
import { rewrite } from '../../src/sql/rewrite/rewrite.ts';
import type { GovernedQuery, ParamValue } from '../../src/sql/stages.ts';
import { verify } from '../../src/sql/verify.ts';
import { sameRows } from './compare.ts';
import { copyOf, isVisible } from './copy.ts';
import { LISTED, NOW } from './listed.ts';
import { alike, isCut, isGivenUp, MOST_ROWS } from './outcomes.ts';
import { decisionsByPolicy } from './policies.ts';
import { random } from './random.ts';
import type { Outcome, Side, Stand, Table } from './stand.ts';
import { wordsMeanTheSame } from './words.ts';
import {
  catalogueOf,
  decisionOf,
  identityOf,
  MASK_KEY,
  openDecision,
  TOKEN_KEY,
  toDataset,
  type World,
  type WorldDataset,
} from './world.ts';

/** Orders of its rows in which the copy is asked before an answer counts as its only one. */
const SHUFFLES = 8;

export type Verdict =
  /** Both forms hold, and the first one compared rows. */
  | { readonly kind: 'equal'; readonly statement: unknown; readonly fenced: boolean; readonly rows: number }
  /** Governed and copy refuse the text alike. */
  | { readonly kind: 'refused'; readonly code: string; readonly text: string }
  /** The engine fails on one side of the first form, or both; the twins fail alike. */
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly side: 'governed' | 'copy' | 'both';
      readonly text: string;
    }
  /** The copy itself answers in several ways, by the order of its rows. */
  | { readonly kind: 'undetermined' }
  | { readonly kind: 'leak'; readonly why: string; readonly detail: string };

export interface OracleOptions {
  /** Less than what is needed shows what it is for. */
  readonly barrier: 'needed' | Barrier;
  /** Every how many cases the engine's own parser is asked too. */
  readonly verifyEvery: number;
  /** Every how many cases the copy is also asked in the caller's own words, for what both forms understand alike. */
  readonly wordsEvery: number;
}

type Text = Pick<GovernedQuery, 'params'> & { readonly sql: string };

export interface Loaded {
  judge(sql: string, params: readonly ParamValue[]): Promise<Verdict>;
}

export async function load(world: World, stand: Stand, options: OracleOptions): Promise<Loaded> {
  const identity = identityOf(world);
  const copies = world.datasets
    .filter((dataset) => !dataset.denied)
    .map((dataset) => ({ dataset, copy: copyOf(dataset, dataset.rows, identity, MASK_KEY) }));
  const copyTables: readonly Table[] = copies.map(({ dataset, copy }) => ({ ...idOf(dataset), ...copy }));
  const rowsOf = { governed: 'rows', twin: 'twin' } as const;
  const reload = (side: 'governed' | 'twin'): Promise<void> =>
    stand.load(
      side,
      [
        ...world.datasets.map((dataset) => physical(dataset, dataset[rowsOf[side]])),
        physical(LISTED, LISTED.rows),
      ],
      world.storage,
    );
  await reload('governed');
  await reload('twin');
  await stand.load('copy', copyTables, 'memory');

  const catalogued = (dataset: WorldDataset) =>
    toDataset(
      dataset.id,
      dataset.columns,
      {
        database: stand.database(world.storage),
        schema: dataset.schema,
        identifier: dataset.table,
      },
      dataset.denied ? 'restricted' : 'internal',
    );
  const governedCatalogue = catalogueOf(world.datasets.map(catalogued));
  const listed = catalogued(LISTED);
  const decisions =
    world.rules === 'policies'
      ? await decisionsByPolicy(world, catalogueOf([...governedCatalogue.datasets, listed]))
      : new Map(world.datasets.map((dataset) => [dataset.id, decisionOf(dataset)]));
  const openDecisions = new Map(world.datasets.map((dataset) => [dataset.id, openDecision(dataset.id)]));
  const copyCatalogue = catalogueOf(
    copies.map(({ dataset, copy }) => {
      const { schema, name } = idOf(dataset);
      return toDataset(dataset.id, copy.columns, {
        database: stand.database('memory'),
        schema,
        identifier: name,
      });
    }),
  );
  const govern = (
    sql: string,
    params: readonly ParamValue[],
    catalogue: typeof governedCatalogue,
    allowed: typeof decisions,
  ): { query: GovernedQuery; statement: unknown } => {
    const parsed = parse(sql, { maxBytes: 262_144 });
    const guarded = guard(parsed);
    const bound = bind(guarded, catalogue);
    const admitted = admit(bound, allowed);
    const resolved = resolve(admitted.bound, admitted.governed);
    const query = rewrite(resolved, {
      engine: stand.engine,
      identity,
      now: NOW,
      datasetOf: (id) => (id === LISTED.id ? listed : undefined),
      maskKey: MASK_KEY,
      tokenKey: TOKEN_KEY,
      params,
      page: { limit: MOST_ROWS, offset: 0 },
      ...(options.barrier === 'needed' ? {} : { barrier: options.barrier }),
    });
    return { query, statement: parsed.statement };
  };

  /** Whether the copy gives several answers when its rows lie in another order. */
  const depends = async (sql: string, params: readonly ParamValue[]): Promise<boolean> => {
    const first = await stand.run('copy', sql, params);
    let differs = false;
    for (let seed = 0; seed < SHUFFLES && !differs; seed++) {
      const rows = random(`shuffle:${seed}`);
      await stand.load(
        'copy',
        copyTables.map((table) => ({ ...table, rows: rows.shuffled(table.rows) })),
        'memory',
      );
      differs ||= !alike(first, await stand.run('copy', sql, params));
    }
    await stand.load('copy', copyTables, 'memory');
    return differs;
  };

  /** Whether engine and copy agree once a known fault of the engine's is out of the way. */
  const faulty = async (sides: readonly [Side, Text][]): Promise<boolean> => {
    if (stand.soundly === null) return false;
    const outcomes: Outcome[] = [];
    for (const [side, { sql, params }] of sides) outcomes.push(await stand.soundly(side, sql, params));
    return alike(outcomes[0]!, outcomes[1]!);
  };

  /**
   * Whether what may be seen is enough for an error that only one twin has, under the plan that it had: what an engine
   * knows of all rows chooses the plan, and another plan computes other expressions first, or none.
   */
  const seenAlone = async (side: 'governed' | 'twin', outcome: Outcome, text: Text): Promise<boolean> => {
    if (outcome.kind === 'rows') return true;
    if (stand.replaceRows === null) return false;
    // An error of the planner's own came out of what it knows of hidden rows.
    if ((await stand.run(side, `EXPLAIN ${text.sql}`, text.params)).kind === 'failed') return false;
    const others = rowsOf[side === 'governed' ? 'twin' : 'governed'];
    await stand.replaceRows(
      side,
      world.datasets.map((dataset) =>
        physical(
          dataset,
          dataset[others].filter((row) => isVisible(dataset, row, identity)),
        ),
      ),
    );
    const again = await stand.run(side, text.sql, text.params);
    await reload(side);
    return alike(outcome, again);
  };

  let asked = 0;
  return {
    async judge(sql, params) {
      const governed = attempt(() => govern(sql, params, governedCatalogue, decisions));
      const copied = attempt(() => govern(sql, params, copyCatalogue, openDecisions));
      if (governed.kind === 'refused' || copied.kind === 'refused') return refusals(governed, copied);
      const { query, statement } = governed.made;
      // The witness costs a quarter of a case and depends on the shape of the text alone.
      asked += 1;
      const verified =
        asked % options.verifyEvery === 0
          ? await verify(query, { name: stand.engine, witness: stand.witness })
          : { sql: print(query.tree), params: query.params };
      const plain = print(copied.made.query.tree);
      const [seen, twin, wanted] = await Promise.all([
        stand.run('governed', verified.sql, verified.params),
        stand.run('twin', verified.sql, verified.params),
        stand.run('copy', plain, copied.made.query.params),
      ]);
      const undetermined = (): Promise<boolean> => depends(plain, copied.made.query.params);
      if (isGivenUp(seen) || isGivenUp(twin) || isGivenUp(wanted)) return { kind: 'undetermined' };
      if ([seen, twin, wanted].some(isCut)) return { kind: 'undetermined' };
      if (!alike(seen, twin)) {
        const bothAnswer = seen.kind === 'rows' && twin.kind === 'rows';
        const told = bothAnswer
          ? (await undetermined()) ||
            (await faulty([
              ['governed', verified],
              ['twin', verified],
            ]))
          : (await seenAlone('governed', seen, verified)) && (await seenAlone('twin', twin, verified));
        if (told) return { kind: 'undetermined' };
        return leak('the twins answer differently', { sql: verified.sql, seen, twin });
      }
      if (seen.kind === 'rows' && wanted.kind === 'rows') {
        if (sameRows(seen.rows, wanted.rows)) {
          const words =
            asked % options.wordsEvery === 0 && wordsMeanTheSame(stand.engine, sql)
              ? await stand.words(sql, params)
              : wanted;
          if (words.kind === 'rows' && !sameRows(words.rows, wanted.rows)) {
            if (await depends(sql, params)) return { kind: 'undetermined' };
            return leak('the gate understands the text in another way than the engine', {
              plain,
              wanted,
              words,
            });
          }
          const fenced = verified.sql.includes('OFFSET 0');
          return { kind: 'equal', statement, fenced, rows: seen.rows.length };
        }
        if (
          (await undetermined()) ||
          (await faulty([
            ['governed', verified],
            ['copy', { sql: plain, params: copied.made.query.params }],
          ]))
        )
          return { kind: 'undetermined' };
        return leak('the governed answer is not that of the copy', {
          sql: verified.sql,
          plain,
          seen,
          wanted,
        });
      }
      const failed = seen.kind === 'failed' ? seen : wanted;
      const side = seen.kind === 'rows' ? 'copy' : wanted.kind === 'rows' ? 'governed' : 'both';
      return failed.kind === 'failed'
        ? { kind: 'failed', code: failed.code, side, text: failed.text }
        : { kind: 'undetermined' };
    },
  };
}

const idOf = ({ id }: WorldDataset): { schema: string; name: string } => {
  const [schema, name] = id.split('.') as [string, string];
  return { schema, name };
};

function physical(dataset: WorldDataset, rows: Table['rows']): Table {
  return { schema: dataset.schema, name: dataset.table, columns: dataset.columns, rows };
}

type Attempt<T> =
  | { readonly kind: 'made'; readonly made: T }
  | { readonly kind: 'refused'; readonly error: SluiceError };

/** Anything that is not a refusal is a fault of the gate and goes up. */
function attempt<T>(make: () => T): Attempt<T> {
  try {
    return { kind: 'made', made: make() };
  } catch (error) {
    if (error instanceof SluiceError && error.status < 500) return { kind: 'refused', error };
    throw error;
  }
}

/** A name that is hidden and a name that nothing has are refused in the same words. */
function refusals<T>(governed: Attempt<T>, copied: Attempt<T>): Verdict {
  const told = ({ error }: { readonly error: SluiceError }): string =>
    JSON.stringify([error.code, error.message, error.hint, error.position, error.details]);
  const a = governed.kind === 'refused' ? told(governed) : 'accepted';
  const b = copied.kind === 'refused' ? told(copied) : 'accepted';
  if (a !== b) return leak('refused in another way than on the copy', { governed: a, copy: b });
  return { kind: 'refused', code: governed.kind === 'refused' ? governed.error.code : '', text: a };
}

function leak(why: string, detail: Readonly<Record<string, unknown>>): Verdict {
  const short = (value: unknown): string => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
  };
  const lines = Object.entries(detail).map(([name, value]) => `${name}: ${short(value)}`);
  return { kind: 'leak', why, detail: lines.join('\n') };
}
