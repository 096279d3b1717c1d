/** A witness that stands before the engine, and a look at what it saw. */
import { parse } from 'libpg-query';
import type { Engine } from '../../src/engines/engine.ts';

/** Passes everything on, and keeps the texts that were run. */
export function recorded(engine: Engine, texts: string[]): Engine {
  return {
    name: engine.name,
    kind: engine.kind,
    describe: () => engine.describe(),
    witness: (sql) => engine.witness(sql),
    run(query, options) {
      texts.push(query.sql);
      return engine.run(query, options);
    },
    stage: () => engine.stage(),
    publish: () => engine.publish(),
    dataVersion: () => engine.dataVersion(),
    health: () => engine.health(),
    close: () => engine.close(),
  };
}

export interface Looked {
  /** Kinds of the statements in the text. */
  readonly statements: readonly string[];
  /** The limit of the whole, null where it is not a number that stands there. */
  readonly limit: number | null;
  /** `catalog.schema.name`, without what is not written. */
  readonly relations: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** What a text is, as PostgreSQL's grammar reads it, not as the gate says. */
export async function look(sql: string): Promise<Looked> {
  const { stmts = [] } = (await parse(sql)) as { stmts?: { stmt: Json }[] };
  const select = stmts[0]?.stmt.SelectStmt as Json | undefined;
  const count = select?.limitCount as { A_Const?: { ival?: { ival?: number } } } | undefined;
  const relations: string[] = [];
  collect(stmts, relations);
  return {
    statements: stmts.flatMap(({ stmt }) => Object.keys(stmt)),
    limit: count?.A_Const?.ival === undefined ? null : (count.A_Const.ival.ival ?? 0),
    relations,
  };
}

function collect(node: unknown, found: string[]): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'RangeVar') {
      const { catalogname, schemaname, relname } = value as Json;
      found.push([catalogname, schemaname, relname].filter((part) => part !== undefined).join('.'));
    }
    collect(value, found);
  }
}
