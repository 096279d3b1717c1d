/** What DuckDB's own parser sees in a text, from the JSON of `json_serialize_sql`. */
import type { Witness } from '../engine.ts';

/** @throws Error where DuckDB cannot parse the text */
export function readWitness(serialized: string): Witness {
  const relations = new Set<string>();
  const functions = new Set<string>();
  const tree = JSON.parse(serialized) as { error?: boolean; statements?: unknown };
  if (tree.error !== false) throw new Error('Parser Error: not accepted by the engine');
  visit(tree.statements);
  return { relations: [...relations], functions: [...functions] };

  function visit(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) note(value as Record<string, unknown>);
    for (const child of Object.values(value)) visit(child);
  }

  function note(node: Record<string, unknown>): void {
    if (node.type === 'BASE_TABLE') relations.add(join(node.catalog_name, node.schema_name, node.table_name));
    if (typeof node.function_name === 'string')
      functions.add(join(node.catalog, node.schema, node.function_name));
  }
}

function join(...parts: readonly unknown[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('.');
}
