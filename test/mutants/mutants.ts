/**
 * Seeded faults of guard, resolver, rewriter and verifier: each one a change of the source that a person could make, and
 * that some test must notice. A patch whose text is no longer there has to be written anew.
 */

export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Who notices: the leak oracle, or these tests where the fault changes no answer that the oracle compares. */
  readonly caughtBy: 'oracle' | readonly string[];
}

const oracle = 'oracle' as const;

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'drop the masks',
    file: 'src/sql/rewrite/govern.ts',
    find: 'if (mask === undefined) return raw;',
    replace: 'return raw;',
    caughtBy: oracle,
  },
  {
    name: 'look masks up by the name as written',
    file: 'src/sql/rewrite/govern.ts',
    find: 'Object.hasOwn(decision.masks, wanted.folded) ? decision.masks[wanted.folded] : undefined',
    replace: 'decision.masks[wanted.name]',
    caughtBy: oracle,
  },
  {
    name: 'drop the filters',
    file: 'src/sql/rewrite/govern.ts',
    find: '...(filters.length === 0 ? {} : { whereClause: every([...filters, ...pushed]) }),',
    replace: '',
    caughtBy: oracle,
  },
  {
    name: 'keep the first filter only',
    file: 'src/sql/rewrite/govern.ts',
    find: 'every([...filters, ...pushed])',
    replace: 'every([filters[0]!, ...pushed])',
    caughtBy: oracle,
  },
  {
    name: 'join filters with OR',
    file: 'src/sql/rewrite/govern.ts',
    find: 'every([...filters, ...pushed])',
    replace:
      "(filters.length + pushed.length > 1 ? { BoolExpr: { boolop: 'OR_EXPR', args: [...filters, ...pushed] } } : filters[0]!)",
    caughtBy: oracle,
  },
  {
    name: 'mask before the filter',
    file: 'src/sql/rewrite/govern.ts',
    find: "fromClause: [close('RangeVar', relation)],",
    replace: `fromClause: [close('RangeSubselect', {
      subquery: close('SelectStmt', {
        targetList: dataset.columns.map((one) => ({ ResTarget: { name: one.name, val: release(one, false, use, options) } })),
        fromClause: [close('RangeVar', relation)],
        limitOption: 'LIMIT_OPTION_DEFAULT',
        op: 'SETOP_NONE',
      }),
      alias: { aliasname: RAW },
    })],`,
    caughtBy: oracle,
  },
  {
    name: 'drop the fence',
    file: 'src/sql/rewrite/govern.ts',
    find: "const fenced = barrier === 'fence' || barrier === 'offset';",
    replace: 'const fenced = false;',
    caughtBy: oracle,
  },
  {
    name: 'drop the shield',
    file: 'src/sql/rewrite/govern.ts',
    find: "const shielded = barrier === 'fence' || barrier === 'shield';",
    replace: 'const shielded = false;',
    caughtBy: oracle,
  },
  {
    name: 'no barrier where one expression can raise',
    file: 'src/sql/rewrite/rewrite.ts',
    find: "if ([...resolved.uses.values()].every((use) => use.governed.decision.rows.length === 0)) return 'none';",
    replace: "return 'none';",
    caughtBy: oracle,
  },
  {
    name: 'push every condition under the fence',
    file: 'src/sql/rewrite/push.ts',
    find: '|| conditionCanRaise(condition, context)) continue;',
    replace: ') continue;',
    caughtBy: oracle,
  },
  {
    name: 'push conditions over masked columns to the raw ones',
    file: 'src/sql/rewrite/push.ts',
    find: 'return plain && ranges.size === 1',
    replace: 'return ranges.size === 1',
    caughtBy: oracle,
  },
  {
    name: 'push conditions under an outer join',
    file: 'src/sql/rewrite/push.ts',
    find: '!kept.has(range) ||',
    replace: '',
    caughtBy: oracle,
  },
  {
    name: 'forget the datasets of subqueries',
    file: 'src/sql/rewrite/govern.ts',
    find: "if (!('RangeVar' in node)) return mapChildren(node, replace);",
    replace:
      "if ('SubLink' in node) return node;\n    if (!('RangeVar' in node)) return mapChildren(node, replace);",
    caughtBy: oracle,
  },
  {
    name: 'NULL masks show the value',
    file: 'src/sql/rewrite/masks.ts',
    find: 'return when(bool(false), value, null);',
    replace: 'return when(bool(true), value, null);',
    caughtBy: oracle,
  },
  {
    name: 'partial masks show short texts whole',
    file: 'src/sql/rewrite/masks.ts',
    find: "return when(operation('>=', length, whole(2 * shown)), joined, hidden);",
    replace: "return when(operation('>=', length, whole(shown)), joined, hidden);",
    caughtBy: oracle,
  },
  {
    name: 'hashes of a dataset use the global key',
    file: 'src/sql/rewrite/masks.ts',
    find: 'scopedKey(options.key, scope, options.datasetId)',
    replace: "scopedKey(options.key, 'global', options.datasetId)",
    caughtBy: oracle,
  },
  {
    name: 'hash without a key',
    file: 'src/sql/rewrite/hash.ts',
    find: "block.set(key.length > BLOCK ? createHash('sha256').update(key).digest() : key);",
    replace: '',
    caughtBy: oracle,
  },
  {
    name: 'an unknown condition lets rows through',
    file: 'src/sql/rewrite/build.ts',
    find: "export const UNKNOWN_CONDITION: Node = cast(NULL, 'boolean');",
    replace: 'export const UNKNOWN_CONDITION: Node = bool(true);',
    caughtBy: oracle,
  },
  {
    name: 'NOT of unknown is true',
    file: 'src/sql/rewrite/filters.ts',
    find: 'return not(again(predicate.arg));',
    replace: "return { BooleanTest: { arg: again(predicate.arg), booltesttype: 'IS_NOT_TRUE' } };",
    caughtBy: oracle,
  },
  {
    name: 'the second half of AND is lost',
    file: 'src/sql/rewrite/filters.ts',
    find: 'every(predicate.args.map(again))',
    replace: 'again(predicate.args[0]!)',
    caughtBy: oracle,
  },
  {
    name: 'IS NULL and IS NOT NULL change places',
    file: 'src/sql/rewrite/filters.ts',
    find: "negated ? 'IS_NOT_NULL' : 'IS_NULL'",
    replace: "negated ? 'IS_NULL' : 'IS_NOT_NULL'",
    caughtBy: oracle,
  },
  {
    name: 'an empty attribute matches the empty text',
    file: 'src/sql/rewrite/filters.ts',
    find: "return items.filter((item) => item !== '');",
    replace: 'return items;',
    caughtBy: oracle,
  },
  {
    name: 'parameters are one off',
    file: 'src/sql/rewrite/compact.ts',
    find: 'values[number - 1] ?? null',
    replace: 'values[number] ?? null',
    caughtBy: oracle,
  },
  {
    name: 'hidden columns exist',
    file: 'src/sql/resolve/from.ts',
    find: 'column.exposed && !hidden.has(column.folded)',
    replace: 'column.exposed',
    caughtBy: oracle,
  },
  {
    name: 'NATURAL joins over hidden columns',
    file: 'src/sql/resolve/from.ts',
    find: 'const visible = visibleColumns(governed);',
    replace: `const natural = /natural/i.test(context.text);
  const visible = natural ? target.dataset.columns : visibleColumns(governed);`,
    caughtBy: oracle,
  },
  {
    name: 'a hidden dataset is refused in another way than an unknown one',
    file: 'src/sql/resolve/admit.ts',
    find: 'if (decision !== undefined && (decision.allow || decision.discoverable))',
    replace: 'if (decision !== undefined)',
    caughtBy: oracle,
  },
  {
    name: 'a denied dataset is let through',
    file: 'src/sql/resolve/admit.ts',
    find: 'if (!decision.allow)\n',
    replace: 'if (!decision.allow && decision.discoverable === null)\n',
    caughtBy: ['test/sql/admit.test.ts'],
  },
  {
    name: 'a qualified name may mean a CTE',
    file: 'src/sql/resolve/bind.ts',
    find: 'if (relation.schemaname === undefined && relation.catalogname === undefined) {',
    replace: 'if (relation.catalogname === undefined) {',
    caughtBy: oracle,
  },
  {
    name: 'a CTE sees itself without RECURSIVE',
    file: 'src/sql/resolve/bind.ts',
    find: 'clause.recursive !== true\n        ? scope',
    replace: 'clause.recursive === null\n        ? scope',
    caughtBy: ['test/sql/resolve-golden.test.ts'],
  },
  {
    name: 'a RIGHT join merges to the left column',
    file: 'src/sql/resolve/from.ts',
    find: "join.jointype === 'JOIN_RIGHT'\n          ? r.ref\n          : l.ref;",
    replace: 'l.ref;',
    caughtBy: oracle,
  },
  {
    name: 'GROUP BY prefers output names',
    file: 'src/sql/resolve/position.ts',
    find: 'if (name !== null && matching(scope.namespace.columns, name).length === 0) {',
    replace: 'if (name !== null) {',
    caughtBy: ['test/sql/resolve-golden.test.ts'],
  },
  {
    name: 'casts never raise',
    file: 'src/sql/rewrite/raises/raises.ts',
    find: 'if (!safe(arg, context)) return false;',
    replace: 'if (arg !== null) return true;',
    caughtBy: oracle,
  },
  {
    name: 'chr never raises',
    file: 'src/sql/guard/functions.ts',
    find: "['chr', 1, 1, 'text'],",
    replace: "['chr', 1, 1, 'text', total],",
    caughtBy: oracle,
  },
  {
    name: 'patterns that are columns never raise',
    file: 'src/sql/rewrite/raises/raises.ts',
    find: "return pattern !== null && !pattern.includes('\\\\');",
    replace: 'return node !== null || pattern !== null;',
    caughtBy: oracle,
  },
  {
    name: 'values of policies are pasted into the text',
    file: 'src/sql/rewrite/build.ts',
    find: 'this.#values.push(value);',
    replace: "if (typeof value === 'string') return text(value);\n    this.#values.push(value);",
    caughtBy: ['test/sql/rewrite-masks.test.ts'],
  },
  {
    name: 'OR without parentheses',
    file: 'src/sql/print/expressions.ts',
    find: "expression.boolop === 'OR_EXPR' ? ' OR ' : ' AND '",
    replace: "expression.boolop === 'OR_EXPR' ? ') OR (' : ' AND '",
    caughtBy: oracle,
  },
  {
    name: 'the result has no bound',
    file: 'src/sql/rewrite/limit.ts',
    find: 'limitCount: number(Math.min(left, page.limit)),',
    replace: '...(own === null ? {} : { limitCount: number(Math.min(left, page.limit)) }),',
    caughtBy: ['test/sql/rewrite-limit.test.ts'],
  },
  {
    name: 'the printed text is not read again',
    file: 'src/sql/verify.ts',
    find: 'if (!same) throw failed(',
    replace: 'if (same === null) throw failed(',
    caughtBy: ['test/sql/verify.test.ts'],
  },
  {
    name: 'the witness is not heard',
    file: 'src/sql/verify.ts',
    find: 'if (difference !== null) throw failed(difference, sql);',
    replace: '',
    caughtBy: ['test/sql/verify.test.ts'],
  },
  {
    name: 'fields that are not listed are accepted',
    file: 'src/sql/guard/guard.ts',
    find: 'if (slot === undefined) {',
    replace: 'if (slot === undefined) continue;\n    if (slot === null) {',
    caughtBy: ['test/sql/guard-attacks.test.ts', 'test/sql/guard.test.ts'],
  },
  {
    name: 'functions that are not listed are accepted',
    file: 'src/sql/guard/calls.ts',
    find: 'if (entry === undefined || (bySyntax',
    replace: 'if (entry === undefined) return;\n  if ((bySyntax',
    caughtBy: ['test/sql/guard-attacks.test.ts', 'test/sql/guard-functions.test.ts'],
  },
  {
    name: 'system schemas are looked up like others',
    file: 'src/sql/resolve/bind.ts',
    find: "binding.relations.set(relation, { kind: 'unknown' });\n    return;",
    replace: 'return;',
    caughtBy: ['test/sql/resolve-refused.test.ts', 'test/sql/admit.test.ts'],
  },
];
