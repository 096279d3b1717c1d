/**
 * Lowers a resolved tree to PostgreSQL's dialect. Syntax stays as it is, since the tree is of its own grammar; functions
 * get their full name in pg_catalog. Operators stay bare: the engine empties the search path, so that pg_catalog is all
 * there is to find them in, and forms such as IN and LIKE could not name a schema anyway.
 */
import type { A_Expr, A_Indirection, FuncCall, TypeCast } from '@pgsql/types';
import { SluiceError } from '../../errors.ts';
import { calledName, functionNamed } from '../guard/functions.ts';
import { operatorNamed } from '../guard/operators.ts';
import { type SetFunction, setFunctionNamed } from '../guard/set-functions.ts';
import { dottedName, typeOf } from '../guard/types.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, mapChildren, open } from '../walk.ts';
import { bareCall, CALLS, SYSTEM_SCHEMA } from './build.ts';
import { onlyValue } from './dependents.ts';
import { boundedSeries } from './series.ts';
import { checkTakes } from './takes.ts';
import { typedAlone, typedParameter } from './typed-parameters.ts';
import { noOperator, notHere, unsupported } from './unsupported.ts';

/** @param params the caller's values. */
export function lowerToPostgres(node: Node, params: readonly ParamValue[]): Node {
  const again = (child: Node): Node => lowerToPostgres(child, params);
  const set = 'FuncCall' in node ? setFunctionNamed(calledName(node.FuncCall) ?? '') : undefined;
  if (set !== undefined) return lowerSet(set, open(node).body as FuncCall, params, again);
  const lowered = mapChildren(node, again);
  const { tag, body } = open(lowered);
  switch (tag) {
    case 'ParamRef':
      return typedParameter(lowered, params, 'postgres');
    case 'CollateClause':
      return close('CollateClause', { ...body, collname: inSystem((body.collname as Node[]).slice(-1)) });
    case 'FuncCall':
      return onlyValue(body as FuncCall, 'postgres') ?? lowerCall(body as FuncCall);
    case 'TypeCast':
      return lowerCast(body as TypeCast);
    case 'A_Expr':
      checkOperator(body as A_Expr);
      return lowered;
    case 'A_Indirection':
      checkSteps(body as unknown as A_Indirection);
      return lowered;
    default:
      return lowered;
  }
}

function inSystem(name: readonly Node[]): Node[] {
  return [...SYSTEM_SCHEMA.postgres.map((sval): Node => ({ String: { sval } })), ...name];
}

function lowerSet(
  entry: SetFunction,
  body: FuncCall,
  params: readonly ParamValue[],
  again: (node: Node) => Node,
): Node {
  const args = body.args ?? [];
  const lowered = entry.series
    ? boundedSeries(args, params, again, 'postgres')
    : args.map((arg) => ('ParamRef' in arg ? typedAlone(arg, params) : again(arg)));
  // Only by its bare name does the grammar take several lists side by side; the search path holds nothing but pg_catalog.
  if (entry.name === 'unnest' && args.length > 1) return bareCall(entry.postgres, lowered);
  return CALLS.postgres(entry.postgres, ...lowered);
}

/** What the grammar itself puts around the pattern of LIKE … ESCAPE and SIMILAR TO. */
const PATTERNS: ReadonlySet<string> = new Set(['like_escape', 'similar_to_escape']);

function lowerCall(body: FuncCall): Node {
  const name = calledName(body) ?? '';
  if (PATTERNS.has(name) && body.funcname?.length === 2) return close('FuncCall', body);
  const entry = functionNamed(name);
  if (entry === undefined) {
    throw new SluiceError('rewrite_failed', undefined, { cause: `no lowering for ${name}` });
  }
  if (entry.postgres === null) throw notHere(entry.name);
  checkTakes(entry, body, 'postgres');
  // The grammar writes EXTRACT and its kin with their schema, and PostgreSQL 13 has some of them in no other form.
  if (body.funcformat === 'COERCE_SQL_SYNTAX') return close('FuncCall', body);
  return close('FuncCall', {
    ...body,
    funcname: [...SYSTEM_SCHEMA.postgres, entry.postgres].map((sval): Node => ({ String: { sval } })),
    funcformat: 'COERCE_EXPLICIT_CALL',
  });
}

function lowerCast(body: TypeCast): Node {
  const typeName = body.typeName!;
  const entry = typeOf(typeName);
  if (entry === undefined) {
    throw new SluiceError('rewrite_failed', undefined, { cause: `no type ${dottedName(typeName)}` });
  }
  if (entry.postgres === null) {
    throw new SluiceError('sql_type_refused', `The type ${entry.written} is not available on this engine`);
  }
  const names = entry.postgres.split('.').map((sval): Node => ({ String: { sval } }));
  return close('TypeCast', { ...body, typeName: { ...typeName, names } });
}

function checkOperator({ kind, name }: A_Expr): void {
  if (kind !== 'AEXPR_OP') return;
  const operator = open(name![0]!).body.sval as string;
  if (operatorNamed(operator)?.postgres === false) {
    throw noOperator(operator);
  }
}

/** `('x').pg_read_file` calls the function: what looks like a field may be anything that takes one argument. */
function checkSteps({ indirection }: A_Indirection): void {
  if ((indirection ?? []).some((step) => !('A_Indices' in step))) throw unsupported('A field of a value');
}
