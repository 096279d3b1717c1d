/**
 * The allowlist of the tree: every accepted node, every accepted field, and what may stand in it. Whatever is not
 * listed is refused, so a node or a field that a newer grammar brings is refused until someone adds a line.
 */
import type { Code } from '../../errors.ts';

/** What may stand in a field. `node`, `list` and `bare` hold children; the rest are leaves. */
export type Slot =
  /** One wrapped node: `{"A_Const": {…}}`. */
  | { readonly is: 'node'; readonly of: readonly Tag[] }
  /**
   * A list of wrapped nodes. `blank` also admits `{}`, PostgreSQL's empty element: alone for plain DISTINCT, last behind
   * a function in FROM that has no definition of its columns.
   */
  | { readonly is: 'list'; readonly of: readonly Tag[]; readonly blank: 'never' | 'alone' | 'last' }
  /** One node without its wrapper. */
  | { readonly is: 'bare'; readonly of: Tag }
  /** A list of String nodes: a dotted name or a list of column names; `star` admits a final A_Star. */
  | { readonly is: 'names'; readonly star: boolean }
  /** A literal's unwrapped value, `{"sval": "x"}`. */
  | { readonly is: 'literal'; readonly key: 'ival' | 'fval' | 'boolval' | 'sval' }
  /** The first value is what an absent field means. */
  | { readonly is: 'enum'; readonly of: readonly string[]; readonly code?: Code }
  | { readonly is: 'text' | 'int' | 'flag' }
  /** Offsets into the text: no part of the meaning, ignored when trees are compared. */
  | { readonly is: 'offset' }
  /** Named here only to give a better answer than the general refusal. */
  | { readonly is: 'refused'; readonly code: Code; readonly what: string; readonly hint: string };

const EXPRESSION_TAGS = [
  'A_Const',
  'ColumnRef',
  'ParamRef',
  'A_Expr',
  'BoolExpr',
  'NullTest',
  'BooleanTest',
  'SubLink',
  'CaseExpr',
  'CoalesceExpr',
  'MinMaxExpr',
  'SQLValueFunction',
  'TypeCast',
  'FuncCall',
  'NamedArgExpr',
  'CollateClause',
  'A_ArrayExpr',
  'A_Indirection',
  'RowExpr',
  'GroupingFunc',
] as const;

const FROM_TAGS = ['RangeVar', 'RangeSubselect', 'RangeFunction', 'JoinExpr'] as const;

const STRUCTURE_TAGS = [
  'SelectStmt',
  'WithClause',
  'CommonTableExpr',
  'ResTarget',
  'Alias',
  'CaseWhen',
  'TypeName',
  'WindowDef',
  'SortBy',
  'GroupingSet',
  'A_Indices',
  'List',
  'String',
  'Integer',
] as const;

export type ExpressionTag = (typeof EXPRESSION_TAGS)[number];
export type FromTag = (typeof FROM_TAGS)[number];
/** Every accepted node type. */
export type Tag = ExpressionTag | FromTag | (typeof STRUCTURE_TAGS)[number];

export const EXPRESSIONS: readonly ExpressionTag[] = EXPRESSION_TAGS;
export const FROM_ITEMS: readonly FromTag[] = FROM_TAGS;
const TAGS: ReadonlySet<string> = new Set([...EXPRESSION_TAGS, ...FROM_TAGS, ...STRUCTURE_TAGS]);

/** Whether a node type is accepted at all. */
export function isTag(tag: string): tag is Tag {
  return TAGS.has(tag);
}

const node = (...of: Tag[]): Slot => ({ is: 'node', of });
const list = (...of: Tag[]): Slot => ({ is: 'list', of, blank: 'never' });
const bare = (of: Tag): Slot => ({ is: 'bare', of });
const one = (...of: string[]): Slot => ({ is: 'enum', of });
const refused = (code: Code, what: string, hint: string): Slot => ({ is: 'refused', code, what, hint });
const expression: Slot = { is: 'node', of: EXPRESSIONS };
const expressions: Slot = { is: 'list', of: EXPRESSIONS, blank: 'never' };
const names: Slot = { is: 'names', star: false };
const text: Slot = { is: 'text' };
const int: Slot = { is: 'int' };
const flag: Slot = { is: 'flag' };
const offset: Slot = { is: 'offset' };
const literal = (key: 'ival' | 'fval' | 'boolval' | 'sval'): Slot => ({ is: 'literal', key });

export const NODES: Readonly<Record<Tag, Readonly<Record<string, Slot>>>> = {
  SelectStmt: {
    withClause: bare('WithClause'),
    distinctClause: { is: 'list', of: EXPRESSIONS, blank: 'alone' },
    targetList: list('ResTarget'),
    fromClause: list(...FROM_TAGS),
    whereClause: expression,
    groupClause: list(...EXPRESSION_TAGS, 'GroupingSet'),
    havingClause: expression,
    windowClause: list('WindowDef'),
    valuesLists: list('List'),
    sortClause: list('SortBy'),
    limitOffset: expression,
    limitCount: expression,
    limitOption: one('LIMIT_OPTION_DEFAULT', 'LIMIT_OPTION_COUNT', 'LIMIT_OPTION_WITH_TIES'),
    op: one('SETOP_NONE', 'SETOP_UNION', 'SETOP_INTERSECT', 'SETOP_EXCEPT'),
    all: flag,
    larg: bare('SelectStmt'),
    rarg: bare('SelectStmt'),
    intoClause: refused('sql_select_into', 'SELECT INTO', 'Remove INTO; the gate only reads.'),
    lockingClause: refused('sql_locking', 'FOR UPDATE and its kin', 'Remove the locking clause.'),
    groupDistinct: refused('sql_construct_refused', 'GROUP BY DISTINCT', 'List the grouping sets once each.'),
  },
  WithClause: { ctes: list('CommonTableExpr'), recursive: flag, location: offset },
  CommonTableExpr: {
    ctename: text,
    aliascolnames: names,
    ctematerialized: one('CTEMaterializeDefault', 'CTEMaterializeAlways', 'CTEMaterializeNever'),
    ctequery: node('SelectStmt'),
    location: offset,
    search_clause: refused(
      'sql_construct_refused',
      'SEARCH',
      'Carry the order in a column of the recursion.',
    ),
    cycle_clause: refused('sql_construct_refused', 'CYCLE', 'Carry the path in a column of the recursion.'),
  },
  ResTarget: { name: text, val: expression, location: offset },

  RangeVar: {
    catalogname: text,
    schemaname: text,
    relname: text,
    inh: flag,
    relpersistence: one('p'),
    alias: bare('Alias'),
    location: offset,
  },
  RangeSubselect: { lateral: flag, subquery: node('SelectStmt'), alias: bare('Alias') },
  /** One function, as guard/sets.ts holds it to. */
  RangeFunction: {
    lateral: flag,
    ordinality: flag,
    functions: list('List'),
    alias: bare('Alias'),
    is_rowsfrom: refused('sql_function_in_from', 'ROWS FROM', 'Join the functions, one by one.'),
    coldeflist: refused(
      'sql_function_in_from',
      'a list of column definitions',
      'Name the columns in the alias; their types are known.',
    ),
  },
  JoinExpr: {
    jointype: one('JOIN_INNER', 'JOIN_LEFT', 'JOIN_FULL', 'JOIN_RIGHT'),
    isNatural: flag,
    larg: node(...FROM_TAGS),
    rarg: node(...FROM_TAGS),
    usingClause: names,
    quals: expression,
    alias: bare('Alias'),
    join_using_alias: bare('Alias'),
  },
  Alias: { aliasname: text, colnames: names },

  A_Const: {
    ival: literal('ival'),
    fval: literal('fval'),
    boolval: literal('boolval'),
    sval: literal('sval'),
    isnull: flag,
    location: offset,
    bsval: refused('sql_construct_refused', 'a bit string', 'Write the number in decimal.'),
  },
  ColumnRef: { fields: { is: 'names', star: true }, location: offset },
  ParamRef: { number: int, location: offset },
  A_Expr: {
    kind: one(
      'AEXPR_OP',
      'AEXPR_OP_ANY',
      'AEXPR_OP_ALL',
      'AEXPR_DISTINCT',
      'AEXPR_NOT_DISTINCT',
      'AEXPR_NULLIF',
      'AEXPR_IN',
      'AEXPR_LIKE',
      'AEXPR_ILIKE',
      'AEXPR_SIMILAR',
      'AEXPR_BETWEEN',
      'AEXPR_NOT_BETWEEN',
      'AEXPR_BETWEEN_SYM',
      'AEXPR_NOT_BETWEEN_SYM',
    ),
    name: names,
    lexpr: expression,
    /** A List under IN and BETWEEN alone: guard/operators.ts holds that. */
    rexpr: node(...EXPRESSION_TAGS, 'List'),
    rexpr_list_start: offset,
    rexpr_list_end: offset,
    location: offset,
  },
  BoolExpr: { boolop: one('AND_EXPR', 'OR_EXPR', 'NOT_EXPR'), args: expressions, location: offset },
  NullTest: { arg: expression, nulltesttype: one('IS_NULL', 'IS_NOT_NULL'), location: offset },
  BooleanTest: {
    arg: expression,
    booltesttype: one('IS_TRUE', 'IS_NOT_TRUE', 'IS_FALSE', 'IS_NOT_FALSE', 'IS_UNKNOWN', 'IS_NOT_UNKNOWN'),
    location: offset,
  },
  SubLink: {
    subLinkType: one('EXISTS_SUBLINK', 'ALL_SUBLINK', 'ANY_SUBLINK', 'EXPR_SUBLINK', 'ARRAY_SUBLINK'),
    testexpr: expression,
    operName: names,
    subselect: node('SelectStmt'),
    location: offset,
  },
  CaseExpr: { arg: expression, args: list('CaseWhen'), defresult: expression, location: offset },
  CaseWhen: { expr: expression, result: expression, location: offset },
  CoalesceExpr: { args: expressions, location: offset },
  MinMaxExpr: { op: one('IS_GREATEST', 'IS_LEAST'), args: expressions, location: offset },
  SQLValueFunction: {
    op: {
      is: 'enum',
      of: [
        'SVFOP_CURRENT_DATE',
        'SVFOP_CURRENT_TIME',
        'SVFOP_CURRENT_TIMESTAMP',
        'SVFOP_LOCALTIME',
        'SVFOP_LOCALTIMESTAMP',
      ],
      code: 'sql_function_refused',
    },
    typmod: int,
    location: offset,
  },
  TypeCast: { arg: expression, typeName: bare('TypeName'), location: offset },
  TypeName: {
    names,
    typmods: list('A_Const'),
    typemod: int,
    arrayBounds: list('Integer'),
    location: offset,
    setof: refused('sql_type_refused', 'SETOF', 'Remove SETOF.'),
    pct_type: refused('sql_type_refused', '%TYPE', 'Name the type.'),
  },
  FuncCall: {
    funcname: names,
    args: expressions,
    agg_order: list('SortBy'),
    agg_filter: expression,
    over: bare('WindowDef'),
    agg_within_group: flag,
    agg_star: flag,
    agg_distinct: flag,
    funcformat: one('COERCE_EXPLICIT_CALL', 'COERCE_SQL_SYNTAX'),
    location: offset,
    func_variadic: refused('sql_construct_refused', 'VARIADIC', 'List the arguments.'),
  },
  /** The order of code points alone: guard/rules.ts. */
  CollateClause: { arg: expression, collname: names, location: offset },
  /** Of one function alone: guard/calls.ts. */
  NamedArgExpr: { arg: expression, name: text, argnumber: int, location: offset },
  WindowDef: {
    name: text,
    refname: text,
    partitionClause: expressions,
    orderClause: list('SortBy'),
    frameOptions: int,
    startOffset: expression,
    endOffset: expression,
    location: offset,
  },
  SortBy: {
    node: expression,
    sortby_dir: one('SORTBY_DEFAULT', 'SORTBY_ASC', 'SORTBY_DESC'),
    sortby_nulls: one('SORTBY_NULLS_DEFAULT', 'SORTBY_NULLS_FIRST', 'SORTBY_NULLS_LAST'),
    location: offset,
    useOp: refused('sql_construct_refused', 'ORDER BY … USING', 'Use ASC or DESC.'),
  },
  GroupingSet: {
    kind: one(
      'GROUPING_SET_EMPTY',
      'GROUPING_SET_SIMPLE',
      'GROUPING_SET_ROLLUP',
      'GROUPING_SET_CUBE',
      'GROUPING_SET_SETS',
    ),
    content: list(...EXPRESSION_TAGS, 'GroupingSet'),
    location: offset,
  },
  GroupingFunc: { args: expressions, location: offset },
  A_ArrayExpr: { elements: expressions, list_start: offset, list_end: offset, location: offset },
  A_Indirection: { arg: expression, indirection: list('String', 'A_Indices') },
  A_Indices: { is_slice: flag, lidx: expression, uidx: expression },
  RowExpr: {
    args: expressions,
    row_format: one('COERCE_EXPLICIT_CALL', 'COERCE_IMPLICIT_CAST'),
    location: offset,
  },
  List: { items: { is: 'list', of: EXPRESSIONS, blank: 'last' } },
  String: { sval: text },
  Integer: { ival: int },
};

/** A slot that holds children, with its field. */
export interface ChildSlot {
  readonly field: string;
  readonly slot: Extract<Slot, { is: 'node' | 'list' | 'bare' }>;
}

/** The fields of each node that hold children, in the order of the table: what walk.ts follows. */
export const CHILD_SLOTS: ReadonlyMap<string, readonly ChildSlot[]> = new Map(
  Object.entries(NODES).map(([tag, fields]) => [
    tag,
    Object.entries(fields).flatMap(([field, slot]) =>
      slot.is === 'node' || slot.is === 'list' || slot.is === 'bare' ? [{ field, slot }] : [],
    ),
  ]),
);
