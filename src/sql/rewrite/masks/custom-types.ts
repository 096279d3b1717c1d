/**
 * Types of an own mask, with the range of every whole number in it: an expression fits a column only where no step can
 * overflow. Texts are compared by `=` and `<>` alone, since their order is a matter of the engine's collation.
 */
import type { SqlType } from '../../stages.ts';
import { type CustomNode, CustomProblem, parseCustom } from './custom-syntax.ts';

/** Of texts, booleans and whole numbers; `null` goes with each. */
export type CustomType =
  | { readonly kind: 'boolean' | 'null' }
  /** How many times as long as the column's value it may be; constants aside. */
  | { readonly kind: 'text'; readonly growth: number }
  | { readonly kind: 'integer'; readonly low: bigint; readonly high: bigint };

/** What every engine can count to. */
const MOST = 1n << 120n;
const LONGEST_CONSTANT = 1000n;
const LONGEST_TEXT = 1n << 31n;

const MAX_GROWTH = 64;

const BOOLEAN: CustomType = { kind: 'boolean' };

/** Of a column that `value` may be; null where it may not. */
export function valueType(type: SqlType): CustomType | null {
  switch (type.family) {
    case 'text':
      return { kind: 'text', growth: 1 };
    case 'boolean':
      return BOOLEAN;
    case 'integer': {
      const limit = 1n << BigInt((type.bits ?? 64) - 1);
      return (type.bits ?? 128) <= 64 ? { kind: 'integer', low: -limit, high: limit - 1n } : null;
    }
    default:
      return null;
  }
}

export function customFits(expression: string, type: SqlType): boolean {
  const value = valueType(type);
  if (value === null) return false;
  try {
    const result = typeOfCustom(parseCustom(expression), value);
    return result.kind === value.kind;
  } catch (error) {
    if (error instanceof CustomProblem) return false;
    throw error;
  }
}

/** Checked at push: of some type of column at least. @throws CustomProblem */
export function checkCustom(expression: string): CustomNode {
  const node = parseCustom(expression);
  const kinds: readonly SqlType[] = [
    { family: 'text' },
    { family: 'integer', bits: 8 },
    { family: 'boolean' },
  ];
  const problems = kinds.flatMap((type) => {
    try {
      const value = valueType(type);
      if (value === null) return [];
      const result = typeOfCustom(node, value);
      return result.kind === value.kind ? [] : [`of a ${value.kind} it makes ${result.kind}`];
    } catch (error) {
      if (error instanceof CustomProblem) return [error.message];
      throw error;
    }
  });
  if (problems.length === kinds.length) throw new CustomProblem(problems[0]);
  return node;
}

const refuse = (message: string): never => {
  throw new CustomProblem(message);
};

/** @throws CustomProblem */
export function typeOfCustom(node: CustomNode, value: CustomType): CustomType {
  const of = (child: CustomNode): CustomType => typeOfCustom(child, value);
  const wanted = <K extends CustomType['kind']>(
    child: CustomNode,
    kind: K,
    what: string,
  ): Extract<CustomType, { kind: K }> => {
    const found = of(child);
    const is = (type: CustomType): type is Extract<CustomType, { kind: K }> => type.kind === kind;
    return is(found) ? found : refuse(`${what} takes ${kind}; found ${found.kind}`);
  };
  switch (node.kind) {
    case 'value':
      return value;
    case 'null':
      return { kind: 'null' };
    case 'text':
      return { kind: 'text', growth: 0 };
    case 'boolean':
      return BOOLEAN;
    case 'integer':
      return { kind: 'integer', low: node.value, high: node.value };
    case 'join':
      return grown(wanted(node.left, 'text', '`||`').growth + wanted(node.right, 'text', '`||`').growth);
    case 'call': {
      const [subject] = node.args;
      return subject === undefined
        ? refuse(`\`${node.name}\` takes a text`)
        : typeOfCall(node, wanted(subject, 'text', `\`${node.name}\``).growth);
    }
    case 'coalesce':
      return common(node.args.map(of));
    case 'case':
      for (const { when } of node.branches) wanted(when, 'boolean', 'WHEN');
      return common([...node.branches.map(({ result }) => of(result)), of(node.otherwise)]);
    case 'and':
    case 'or':
      for (const arg of node.args) wanted(arg, 'boolean', node.kind.toUpperCase());
      return BOOLEAN;
    case 'not':
      wanted(node.arg, 'boolean', 'NOT');
      return BOOLEAN;
    case 'is_null':
      of(node.arg);
      return BOOLEAN;
    case 'compare': {
      const [left, right] = [of(node.left), of(node.right)];
      if (left.kind !== right.kind || left.kind === 'null')
        refuse(`\`${node.op}\` compares two of a kind; found ${left.kind} and ${right.kind}`);
      if (left.kind !== 'integer' && node.op !== '=' && node.op !== '<>')
        refuse(`\`${node.op}\` compares whole numbers; texts are compared by \`=\` and \`<>\``);
      return BOOLEAN;
    }
    case 'arithmetic':
      return arithmetic(node.op, of(node.left), of(node.right));
    default:
      return node satisfies never;
  }
}

function grown(growth: number): CustomType {
  return growth > MAX_GROWTH
    ? refuse(`the result could be more than ${MAX_GROWTH} times as long as the value`)
    : { kind: 'text', growth };
}

function typeOfCall({ name, args }: Extract<CustomNode, { kind: 'call' }>, growth: number): CustomType {
  const [, ...rest] = args;
  if (name === 'replace') {
    const [from, to] = rest;
    if (from?.kind !== 'text' || to?.kind !== 'text' || from.value === '')
      return refuse('`replace` takes constant texts, the first not empty');
    return grown(growth * Math.max(1, Math.ceil(to.value.length / from.value.length)));
  }
  for (const [i, arg] of rest.entries()) {
    const least = name === 'substr' && i === 0 ? 1n : 0n;
    if (arg.kind !== 'integer' || arg.value < least || arg.value > LONGEST_CONSTANT)
      refuse(`\`${name}\` takes whole constants from ${least} to ${LONGEST_CONSTANT}`);
  }
  return name === 'length' ? { kind: 'integer', low: 0n, high: LONGEST_TEXT } : { kind: 'text', growth };
}

function common(types: readonly CustomType[]): CustomType {
  return types.reduce((a, b) => {
    if (a.kind === 'null') return b;
    if (b.kind === 'null') return a;
    if (a.kind === 'integer' && b.kind === 'integer')
      return { kind: 'integer', low: least([a.low, b.low]), high: greatest([a.high, b.high]) };
    if (a.kind === 'text' && b.kind === 'text') return { kind: 'text', growth: Math.max(a.growth, b.growth) };
    return a.kind === b.kind ? a : refuse(`${a.kind} and ${b.kind} do not go together`);
  });
}

const ascending = (numbers: readonly bigint[]): readonly bigint[] =>
  [...numbers].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
const least = (numbers: readonly bigint[]): bigint => ascending(numbers)[0] ?? 0n;
const greatest = (numbers: readonly bigint[]): bigint => ascending(numbers).at(-1) ?? 0n;

function arithmetic(op: '+' | '-' | '*', left: CustomType, right: CustomType): CustomType {
  if (left.kind !== 'integer' || right.kind !== 'integer')
    return refuse(`\`${op}\` takes whole numbers; found ${left.kind} and ${right.kind}`);
  const ends = [left.low, left.high].flatMap((a) =>
    [right.low, right.high].map((b) => (op === '+' ? a + b : op === '-' ? a - b : a * b)),
  );
  const low = least(ends);
  const high = greatest(ends);
  if (low < -MOST || high > MOST) refuse(`\`${op}\` could overflow`);
  return { kind: 'integer', low, high };
}
