/** Types of expressions as far as the gate can tell without the engine. A wrong guess must not be possible: doubt is `unknown`. */
import type { A_Const, FuncCall, SelectStmt, TypeName } from '@pgsql/types';
import type { Column, TypeFamily } from '../../catalogue/dataset.ts';
import { typeFamily } from '../../catalogue/types.ts';
import { calledName, functionNamed, VALUE_FUNCTIONS } from '../guard/functions.ts';
import { operatorNamed } from '../guard/operators.ts';
import type { RangeColumn, SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';

export type Ranges = ReadonlyMap<string, ReadonlyMap<string, RangeColumn>>;

export const UNKNOWN: SqlType = { family: 'unknown' };
const BOOLEAN: SqlType = { family: 'boolean' };

const INTEGER_BITS: Readonly<Record<string, number>> = {
  tinyint: 8,
  smallint: 16,
  int2: 16,
  integer: 32,
  int: 32,
  int4: 32,
  bigint: 64,
  int8: 64,
  hugeint: 128,
};

/** Digits of a second; a conversion between two of them can overflow. */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ['timestamp_s', 0],
  ['timestamp_ms', 3],
  ['timestamp_ns', 9],
  ['timestamptz_ns', 9],
  ['time_ns', 9],
]);

/** @param text type text of the warehouse. */
export function typeFromText(text: string | null, family: TypeFamily): SqlType {
  const name = (text ?? '').trim().toLowerCase();
  if (family === 'integer') {
    const bits = INTEGER_BITS[name];
    // Unsigned and unbounded integers widen by rules of their own.
    return bits === undefined ? { family: 'other' } : { family, bits };
  }
  if (family === 'decimal') {
    const digits = /^(?:decimal|numeric)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)$/.exec(name);
    return digits === null
      ? { family }
      : { family, precision: Number(digits[1]), scale: Number(digits[2] ?? '0') };
  }
  const precision = DIGITS.get(name);
  if (precision !== undefined) return { family, precision };
  // An ENUM is compared by its labels, and a label that it lacks raises.
  if (family === 'text' && name.startsWith('enum')) return { family: 'other' };
  return { family };
}

export function columnType(column: Column): SqlType {
  return typeFromText(column.type, column.family);
}

/** The type of a cast's target. */
export function typeOfName(typeName: TypeName | undefined): SqlType {
  if (typeName === undefined) return UNKNOWN;
  if ((typeName.arrayBounds ?? []).length > 0) return { family: 'list' };
  const names = typeName.names ?? [];
  const last = names[names.length - 1];
  const name = last === undefined ? '' : ((open(last).body.sval as string | undefined) ?? '');
  const digits = (typeName.typmods ?? []).map((node) => (open(node).body as A_Const).ival?.ival ?? 0);
  const arguments_ = digits.length > 0 ? `(${digits.join(',')})` : '';
  return typeFromText(`${name}${arguments_}`, typeFamily(name));
}

/** The type of a literal. Text stays text, whatever it will be compared with. */
export function typeOfConst(constant: A_Const): SqlType {
  if (constant.isnull === true) return UNKNOWN;
  if (constant.boolval !== undefined) return BOOLEAN;
  if (constant.sval !== undefined) return { family: 'text' };
  if (constant.ival !== undefined) return { family: 'integer', bits: 32 };
  const text = constant.fval?.fval ?? '';
  if (/^-?\d+$/.test(text)) {
    return text.length <= 18 ? { family: 'integer', bits: 64 } : { family: 'other' };
  }
  const decimal = /^-?(\d*)\.(\d*)$/.exec(text);
  if (decimal === null) return { family: 'float' };
  const scale = decimal[2]!.length;
  return { family: 'decimal', precision: Math.max(1, decimal[1]!.length + scale), scale };
}

/** The common type of alternatives; NULL takes the others' type. */
export function unify(types: readonly SqlType[]): SqlType {
  const first = types[0];
  if (first === undefined) return UNKNOWN;
  return types.slice(1).reduce((a, b) => {
    if (a.family !== b.family) return UNKNOWN;
    if (a.family === 'integer') {
      const bits = Math.max(a.bits ?? 128, b.bits ?? 128);
      return { family: 'integer', bits };
    }
    return a.precision === b.precision && a.scale === b.scale ? a : { family: a.family };
  }, first);
}

const isNull = (node: Node): boolean => 'A_Const' in node && node.A_Const.isnull === true;

/** @param ranges every range of the statement: their names are unique in all of it. */
export function typeOf(node: Node, ranges: Ranges): SqlType {
  const { tag, body } = open(node);
  const all = (nodes: readonly Node[]): SqlType =>
    unify(nodes.filter((item) => !isNull(item)).map((item) => typeOf(item, ranges)));
  switch (tag) {
    case 'A_Const':
      return typeOfConst(body as A_Const);
    case 'ColumnRef': {
      const [range, column] = (body.fields as Node[]).map((field) =>
        'String' in field ? field.String.sval : undefined,
      );
      return ranges.get(range ?? '')?.get(column ?? '')?.type ?? UNKNOWN;
    }
    case 'CollateClause':
      return typeOf(body.arg as Node, ranges);
    case 'TypeCast':
      return typeOfName(body.typeName as TypeName);
    case 'BoolExpr':
    case 'NullTest':
    case 'BooleanTest':
      return BOOLEAN;
    case 'A_Expr':
      return typeOfOperation(body, ranges);
    case 'CoalesceExpr':
    case 'MinMaxExpr':
      return all(body.args as Node[]);
    case 'CaseExpr': {
      const results = (body.args as Node[]).map((when) => open(when).body.result as Node);
      if (body.defresult !== undefined) results.push(body.defresult as Node);
      return all(results);
    }
    case 'SubLink':
      return typeOfSubLink(body.subLinkType as string, body.subselect as Node, ranges);
    case 'SQLValueFunction':
      return { family: VALUE_FUNCTIONS[body.op as string]?.result ?? 'unknown' };
    case 'FuncCall':
      return typeOfCall(body as FuncCall, ranges);
    case 'A_ArrayExpr':
      return { family: 'list' };
    case 'GroupingFunc':
      return { family: 'integer', bits: 64 };
    default:
      return UNKNOWN;
  }
}

function typeOfSubLink(kind: string, subselect: Node, ranges: Ranges): SqlType {
  if (kind === 'ARRAY_SUBLINK') return { family: 'list' };
  if (kind !== 'EXPR_SUBLINK') return BOOLEAN;
  const select = open(subselect).body as SelectStmt;
  const target = select.targetList?.[0];
  // Branches of a set operation may differ in type.
  return target === undefined ? UNKNOWN : typeOf(open(target).body.val as Node, ranges);
}

function typeOfCall(call: FuncCall, ranges: Ranges): SqlType {
  const entry = functionNamed(calledName(call) ?? '');
  if (entry === undefined) return UNKNOWN;
  if (entry.result === 'integer') return { family: 'integer', bits: 128 };
  if (entry.result !== 'argument') return { family: entry.result };
  const argument = call.args?.[0] ?? call.agg_order?.map((sort) => open(sort).body.node as Node)[0];
  if (argument === undefined) return UNKNOWN;
  const type = typeOf(argument, ranges);
  // The engine widens as it likes (sum, round); the family is all that is sure.
  if (type.family === 'integer') return { family: 'integer', bits: 128 };
  return type.family === 'decimal' ? { family: 'decimal' } : type;
}

const TEMPORAL: ReadonlySet<TypeFamily> = new Set(['date', 'timestamp', 'timestamptz']);

function typeOfOperation(body: Readonly<Record<string, unknown>>, ranges: Ranges): SqlType {
  const left = body.lexpr as Node | undefined;
  const right = body.rexpr as Node;
  if (body.kind === 'AEXPR_NULLIF') return typeOf(left!, ranges);
  if (body.kind !== 'AEXPR_OP') return BOOLEAN;
  const name = open((body.name as Node[])[0]!).body.sval as string;
  const operator = operatorNamed(name);
  if (operator === undefined) return UNKNOWN;
  if (operator.result !== 'argument') return { family: operator.result };
  const b = typeOf(right, ranges);
  if (left === undefined) return { family: b.family };
  const a = typeOf(left, ranges);
  if (name === '||') return a.family === b.family ? { family: a.family } : UNKNOWN;
  if (name === '~') return BOOLEAN;
  const families = [a.family, b.family];
  if (name === '-' && TEMPORAL.has(a.family) && TEMPORAL.has(b.family))
    return families.every((family) => family === 'date')
      ? { family: 'integer', bits: 64 }
      : { family: 'interval' };
  if (a.family === 'interval' && (b.family === 'interval' ? '+-' : '*/').includes(name))
    return { family: 'interval' };
  if (families.includes('unknown') || families.includes('other')) return UNKNOWN;
  if (b.family === 'interval' && TEMPORAL.has(a.family))
    return a.family === 'date' ? { family: 'timestamp' } : a;
  if (families.includes('float')) return { family: 'float' };
  if (name === '/') return { family: 'float' };
  if (families.includes('decimal')) return { family: 'decimal' };
  if (a.family === 'integer' && b.family === 'integer') return { family: 'integer', bits: 128 };
  return UNKNOWN;
}
