/** Smaller trees than a given one: a list without an element, an expression replaced by a part of it or by a constant, a field left out. */

export type RawNode = Readonly<Record<string, unknown>>;

/** Fields whose absence leaves a query that means something. */
const OPTIONAL = new Set([
  'withClause',
  'whereClause',
  'havingClause',
  'groupClause',
  'sortClause',
  'limitCount',
  'limitOffset',
  'distinctClause',
  'windowClause',
  'agg_filter',
  'agg_order',
  'orderClause',
  'partitionClause',
  'defresult',
]);
const EXPRESSIONS = new Set([
  'A_Expr',
  'BoolExpr',
  'NullTest',
  'BooleanTest',
  'SubLink',
  'CaseExpr',
  'CoalesceExpr',
  'MinMaxExpr',
  'TypeCast',
  'FuncCall',
  'A_ArrayExpr',
  'A_Indirection',
]);
const NULL: RawNode = { A_Const: { isnull: true } };
const TRUE: RawNode = { A_Const: { boolval: { boolval: true } } };

/** Larger cuts first. */
export function* reductions(node: unknown): Iterable<RawNode> {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) return;
  const [tag, ...more] = Object.keys(node);
  if (tag === 'SelectStmt' && more.length === 0) {
    const { larg, rarg } = (node as { SelectStmt: RawNode }).SelectStmt;
    if (larg !== undefined) yield { SelectStmt: larg };
    if (rarg !== undefined) yield { SelectStmt: rarg };
  }
  if (tag !== undefined && more.length === 0 && EXPRESSIONS.has(tag)) {
    yield NULL;
    yield TRUE;
    yield* parts((node as Record<string, unknown>)[tag]);
  }
  if (tag === 'JoinExpr' && more.length === 0) {
    const { larg, rarg } = (node as { JoinExpr: { larg: RawNode; rarg: RawNode } }).JoinExpr;
    yield larg;
    yield rarg;
  }
  for (const [key, value] of Object.entries(node)) {
    if (OPTIONAL.has(key)) yield without(node as RawNode, key);
    if (Array.isArray(value)) {
      if (value.length > 1) {
        for (let i = 0; i < value.length; i++) yield { ...node, [key]: value.filter((_, at) => at !== i) };
      }
      for (let i = 0; i < value.length; i++) {
        for (const smaller of reductions(value[i])) {
          yield { ...node, [key]: value.map((item: unknown, at) => (at === i ? smaller : item)) };
        }
      }
    } else {
      for (const smaller of reductions(value)) yield { ...node, [key]: smaller };
    }
  }
}

function without(node: RawNode, key: string): RawNode {
  const { [key]: _, ...rest } = node;
  // The kind of LIMIT goes with it.
  return key === 'limitCount' ? { ...rest, limitOption: 'LIMIT_OPTION_DEFAULT' } : rest;
}

/** Expressions just below one. */
function* parts(body: unknown): Iterable<RawNode> {
  if (typeof body !== 'object' || body === null) return;
  for (const [key, value] of Object.entries(body)) {
    if (key === 'funcname' || key === 'name' || key === 'typeName' || key === 'subselect') continue;
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof item !== 'object' || item === null) continue;
      const [tag] = Object.keys(item);
      if (tag !== undefined && (EXPRESSIONS.has(tag) || tag === 'ColumnRef' || tag === 'A_Const'))
        yield item as RawNode;
      else yield* parts((item as Record<string, unknown>)[tag ?? '']);
    }
  }
}
