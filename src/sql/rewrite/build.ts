/** Small builders of tree nodes for what the rewriter adds. Everything they make is in the engine's dialect already. */
import type { Relation } from '../../catalogue/dataset.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';

/** The dialects there are. */
export type EngineKind = 'duckdb' | 'postgres';

/** The range of the raw relation inside a governed subquery. */
export const RAW = 'raw';

/** The range of a dataset that a row filter looks into. */
export const LOOKUP = 'lookup';

/** A relation of the warehouse by its full name, under a name of ours. */
export function rangeOf({ database, schema, identifier }: Relation, alias: string): Node {
  return {
    RangeVar: {
      ...(database === null ? {} : { catalogname: database }),
      schemaname: schema,
      relname: identifier,
      inh: true,
      relpersistence: 'p',
      alias: { aliasname: alias },
    },
  };
}

const name = (sval: string): Node => ({ String: { sval } });

export function column(range: string, columnName: string): Node {
  return { ColumnRef: { fields: [name(range), name(columnName)] } };
}

/** A column of whatever range has it; never anything else. */
export function bareColumn(columnName: string): Node {
  return { ColumnRef: { fields: [name(columnName)] } };
}

/** Zero, false and the empty text have no value in a parser's tree, and so none here. */
export function text(sval: string): Node {
  return { A_Const: { sval: sval === '' ? {} : { sval } } };
}

/** @param value a whole number of at most 31 bits. */
export function whole(value: number): Node {
  return { A_Const: { ival: value === 0 ? {} : { ival: value } } };
}

/** @param value finite; told to six digits after the point */
export function numeral(value: number | bigint): Node {
  const small = Number.isInteger(Number(value)) && Math.abs(Number(value)) < 2 ** 31;
  if (small) return whole(Number(value));
  const written =
    typeof value === 'bigint' || Number.isInteger(value) ? BigInt(value).toString() : value.toFixed(6);
  return { A_Const: { fval: { fval: written } } };
}

export function bool(value: boolean): Node {
  return { A_Const: { boolval: value ? { boolval: true } : {} } };
}

/** Where the engine's own functions are. */
export const SYSTEM_SCHEMA = { duckdb: ['system', 'main'], postgres: ['pg_catalog'] } as const;

export type Call = (functionName: string, ...args: Node[]) => Node;

/** A function of the engine's own, by its full name, so that nothing in a warehouse can stand in for it. */
function caller(schema: readonly string[]): Call {
  return (functionName, ...args) => ({
    FuncCall: {
      funcname: [...schema, functionName].map(name),
      ...(args.length === 0 ? {} : { args }),
      funcformat: 'COERCE_EXPLICIT_CALL',
    },
  });
}

export function bareCall(functionName: string, args: readonly Node[]): Node {
  return {
    FuncCall: { funcname: [name(functionName)], args: [...args], funcformat: 'COERCE_EXPLICIT_CALL' },
  };
}

export const CALLS: Readonly<Record<EngineKind, Call>> = {
  duckdb: caller(SYSTEM_SCHEMA.duckdb),
  postgres: caller(SYSTEM_SCHEMA.postgres),
};

/** DuckDB's. */
export const call: Call = CALLS.duckdb;

export function operation(operator: string, lexpr: Node, rexpr: Node): Node {
  return { A_Expr: { kind: 'AEXPR_OP', name: [name(operator)], lexpr, rexpr } };
}

export function isIn(lexpr: Node, items: readonly Node[], negated = false): Node {
  return {
    A_Expr: {
      kind: 'AEXPR_IN',
      name: [name(negated ? '<>' : '=')],
      lexpr,
      rexpr: { List: { items: [...items] } },
    },
  };
}

export function every(args: readonly Node[]): Node {
  return args.length === 1 ? args[0]! : { BoolExpr: { boolop: 'AND_EXPR', args: [...args] } };
}

export function some(args: readonly Node[]): Node {
  return args.length === 1 ? args[0]! : { BoolExpr: { boolop: 'OR_EXPR', args: [...args] } };
}

export function not(arg: Node): Node {
  return { BoolExpr: { boolop: 'NOT_EXPR', args: [arg] } };
}

export function when(condition: Node, result: Node, otherwise: Node | null): Node {
  return choose([[condition, result]], otherwise);
}

/** The result of the first condition that holds. */
export function choose(
  branches: readonly (readonly [condition: Node, result: Node])[],
  otherwise: Node | null,
): Node {
  return {
    CaseExpr: {
      args: branches.map(([expr, result]) => ({ CaseWhen: { expr, result } })),
      ...(otherwise === null ? {} : { defresult: otherwise }),
    },
  };
}

/** True and unknown alike. */
export function isNotFalse(arg: Node): Node {
  return { BooleanTest: { arg, booltesttype: 'IS_NOT_FALSE' } };
}

/** Tree names of the types that the rewriter casts to, as the dialect has them. */
const TYPES = {
  text: 'text',
  boolean: 'pg_catalog.bool',
  tinyint: 'tinyint',
  smallint: 'pg_catalog.int2',
  integer: 'pg_catalog.int4',
  bigint: 'pg_catalog.int8',
  hugeint: 'hugeint',
  ubigint: 'ubigint',
  uhugeint: 'uhugeint',
  bignum: 'bignum',
  decimal: 'pg_catalog.numeric',
  real: 'pg_catalog.float4',
  double: 'pg_catalog.float8',
  date: 'date',
  time: 'pg_catalog.time',
  timestamp: 'pg_catalog.timestamp',
  timestamptz: 'pg_catalog.timestamptz',
  interval: 'pg_catalog.interval',
  uuid: 'uuid',
  bit: 'pg_catalog.bit',
  varbit: 'pg_catalog.varbit',
  bitstring: 'bitstring',
  bytes: 'bytea',
} as const;

export type CastTarget = keyof typeof TYPES;

export function cast(arg: Node, target: CastTarget, typmods: readonly number[] = []): Node {
  return {
    TypeCast: {
      arg,
      typeName: {
        names: TYPES[target].split('.').map(name),
        ...(typmods.length === 0 ? {} : { typmods: typmods.map(whole) }),
        typemod: -1,
      },
    },
  };
}

/** A list of elements of this type. */
export function castList(arg: Node, target: CastTarget): Node {
  const made = cast(arg, target) as { TypeCast: { typeName: object } };
  return {
    TypeCast: { arg, typeName: { ...made.TypeCast.typeName, arrayBounds: [{ Integer: { ival: -1 } }] } },
  };
}

export const NULL: Node = { A_Const: { isnull: true } };
/** Unknown: what a condition is that cannot be answered. No row passes it, negated or not. */
export const UNKNOWN_CONDITION: Node = cast(NULL, 'boolean');

/** Collects the values that go to the engine beside the text: the caller's first, then ours. */
export class Binder {
  readonly #values: ParamValue[];

  constructor(callers: readonly ParamValue[]) {
    this.#values = [...callers];
  }

  /** A reference to the value; values are never shared, so that each reference can be followed by itself. */
  bind(value: ParamValue): Node {
    this.#values.push(value);
    return { ParamRef: { number: this.#values.length } };
  }

  get values(): readonly ParamValue[] {
    return this.#values;
  }
}
