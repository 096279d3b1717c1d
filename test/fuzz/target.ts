/** One text through every stage up to a verified query for each engine, under policies that reach every part of the rewriter. */
import { DuckDBInstance } from '@duckdb/node-api';
import type { Decision } from '../../src/access/decision.ts';
import { CODES, SluiceError } from '../../src/errors.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { normalise } from '../../src/sql/normalise.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';
import { admit } from '../../src/sql/resolve/admit.ts';
import { bind } from '../../src/sql/resolve/bind.ts';
import { resolve } from '../../src/sql/resolve/resolve.ts';
import { rewrite } from '../../src/sql/rewrite/rewrite.ts';
import type { ParamValue, ResolvedQuery } from '../../src/sql/stages.ts';
import { verify } from '../../src/sql/verify.ts';
import { duckdbWitness } from '../../src/sql/verify-duckdb.ts';
import { postgresWitness } from '../../src/sql/verify-postgres.ts';
import { random } from '../leaks/random.ts';
import { catalogueOf, decisionOf, identityOf, MASK_KEY, openDecision, toDataset } from '../leaks/world.ts';
import { makeWorld } from '../leaks/worlds.ts';
import { TPCH } from '../sql/tpch.ts';

/** `accepted` and `refused` are what a text may come to; anything else is a finding. */
export type FuzzOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'finding'; readonly what: string };

export interface FuzzTarget {
  try(text: string): Promise<FuzzOutcome>;
  close(): void;
}

export async function fuzzTarget(): Promise<FuzzTarget> {
  await loadParser();
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const witness = async (sql: string) => {
    const read = await connection.runAndReadAll('SELECT json_serialize_sql($1::varchar)', [sql]);
    return duckdbWitness(read.getRowsJson()[0]?.[0]);
  };
  const { catalogue, decisions, identity } = setting();
  const params: readonly ParamValue[] = Array.from(
    { length: 1000 },
    (_, i) => [1, 'a', true, null, 2.5][i % 5]!,
  );

  const engines = [
    { name: 'duckdb', witness },
    { name: 'postgres', witness: async (sql: string) => postgresWitness(sql) },
  ] as const;

  async function printed(resolved: ResolvedQuery, engine: (typeof engines)[number]): Promise<FuzzOutcome> {
    try {
      const page = { limit: 100, offset: 0 };
      const options = { engine: engine.name, identity, maskKey: MASK_KEY, params, page };
      await verify(rewrite(resolved, options), engine);
      return { kind: 'accepted' };
    } catch (error) {
      return judge(error);
    }
  }

  return {
    async try(text) {
      try {
        const guarded = guard(parse(text, { maxBytes: 262_144 }));
        normalise(guarded);
        const admitted = admit(bind(guarded, catalogue), decisions);
        const resolved = resolve(admitted.bound, admitted.governed);
        const outcomes = [];
        for (const engine of engines) outcomes.push(await printed(resolved, engine));
        const worst = outcomes.find(({ kind }) => kind === 'finding');
        return worst ?? outcomes.find(({ kind }) => kind === 'accepted') ?? outcomes[0]!;
      } catch (error) {
        return judge(error);
      }
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A refusal has a code of parsing, guarding, resolving or deciding, and says nothing but what its author could know. */
function judge(error: unknown): FuzzOutcome {
  if (!(error instanceof SluiceError)) return { kind: 'finding', what: `threw ${String(error)}` };
  const { number } = CODES[error.code];
  if (number >= 3000 && number < 6000) return { kind: 'refused', code: error.code };
  const cause = error.cause instanceof Error ? error.cause.message : String(error.cause);
  return { kind: 'finding', what: `${error.code}: ${cause}` };
}

/** Worlds of the oracle with all their policies, and the tables of TPC-H without. */
function setting() {
  const world = makeWorld('duckdb', random('fuzz:3'));
  const governed = world.datasets.map((dataset) =>
    toDataset(dataset.id, dataset.columns, {
      database: 'memory',
      schema: dataset.schema,
      identifier: dataset.table,
    }),
  );
  const plain = TPCH.map((dataset) => ({ ...dataset, id: `silver.${dataset.name}` }));
  const decisions = new Map<string, Decision>([
    ...world.datasets.map((dataset) => [dataset.id, decisionOf(dataset)] as const),
    ...plain.map(({ id }) => [id, openDecision(id)] as const),
  ]);
  return { catalogue: catalogueOf([...governed, ...plain]), decisions, identity: identityOf(world) };
}
