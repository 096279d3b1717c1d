/** An own mask in the engine's dialect, from its checked tree; the author's text itself never reaches an engine. */
import type { SqlType } from '../../stages.ts';
import type { Node } from '../../tree.ts';
import {
  bool,
  CALLS,
  type CastTarget,
  cast,
  choose,
  type EngineKind,
  every,
  NULL,
  not,
  operation,
  some,
  text,
  when,
  whole,
} from '../build.ts';
import { type CustomNode, parseCustom } from './custom-syntax.ts';
import { type CustomType, valueType } from './custom-types.ts';
import { castTarget } from './literal-types.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();

/** @param type one for which the expression fits */
export function customMask(expression: string, value: Node, type: SqlType, engine: EngineKind): Node | null {
  const own = valueType(type);
  if (own === null) return null;
  const node = parseCustom(expression);
  const lowered = lower(node, { value, own, engine });
  const target = castTarget(type, null, engine);
  if (own.kind !== 'integer' || target === null) return lowered;
  const limit = 1n << BigInt((type.bits ?? 64) - 1);
  const inside = [
    operation('>=', lowered, counted(-limit, engine)),
    operation('<=', lowered, counted(limit - 1n, engine)),
  ];
  return when(every(inside), cast(lowered, target.name), null);
}

interface Lowering {
  readonly value: Node;
  readonly own: CustomType;
  readonly engine: EngineKind;
}

/** Wide enough for every number that the check lets through. */
const WIDE: Readonly<Record<EngineKind, CastTarget>> = { duckdb: 'hugeint', postgres: 'decimal' };

const counted = (value: bigint, engine: EngineKind): Node => cast(text(String(value)), WIDE[engine]);

function lower(node: CustomNode, lowering: Lowering): Node {
  const { value, own, engine } = lowering;
  const again = (child: CustomNode): Node => lower(child, lowering);
  switch (node.kind) {
    case 'value':
      return own.kind === 'integer' ? cast(value, WIDE[engine]) : value;
    case 'null':
      return NULL;
    case 'text':
      return cast(text(node.value), 'text');
    case 'integer':
      return counted(node.value, engine);
    case 'boolean':
      return bool(node.value);
    case 'join':
      return operation('||', again(node.left), again(node.right));
    case 'call':
      return lowerCall(node, lowering);
    case 'coalesce':
      return { CoalesceExpr: { args: node.args.map(again) } };
    case 'case':
      return choose(
        node.branches.map(({ when: condition, result }) => [again(condition), again(result)]),
        again(node.otherwise),
      );
    case 'and':
      return every(node.args.map(again));
    case 'or':
      return some(node.args.map(again));
    case 'not':
      return not(again(node.arg));
    case 'is_null':
      return { NullTest: { arg: again(node.arg), nulltesttype: node.negated ? 'IS_NOT_NULL' : 'IS_NULL' } };
    case 'compare':
    case 'arithmetic':
      return operation(node.op, again(node.left), again(node.right));
    default:
      return node satisfies never;
  }
}

function lowerCall({ name, args }: Extract<CustomNode, { kind: 'call' }>, lowering: Lowering): Node {
  const { engine } = lowering;
  const call = CALLS[engine];
  const [first, ...rest] = args;
  const subject = first === undefined ? NULL : lower(first, lowering);
  switch (name) {
    // Of ASCII alone: what other letters become is a matter of the engine's locale.
    case 'upper':
      return call('translate', subject, text(LOWER), text(UPPER));
    case 'lower':
      return call('translate', subject, text(UPPER), text(LOWER));
    case 'length':
      return cast(call('length', subject), WIDE[engine]);
    case 'replace':
      return call('replace', subject, ...rest.map((arg) => text(arg.kind === 'text' ? arg.value : '')));
    case 'left':
    case 'right':
    case 'substr':
      return call(name, subject, ...rest.map((arg) => whole(arg.kind === 'integer' ? Number(arg.value) : 0)));
    default:
      return name satisfies never;
  }
}
