/**
 * Whether a pattern leaves a choice (Brüggemann-Klein and Wood: one-unambiguous expressions, by the sets of first and
 * following positions). Where it leaves none, and repetitions are greedy, the first match is the longest one.
 */
import { type Pattern, type PatternNode, PatternProblem } from './regex-syntax.ts';

const MAX_POSITIONS = 400;
const LAST_POINT = 0x10ffff;

type Ranges = readonly (readonly [number, number])[];

/** A place of the pattern that takes one character. */
interface Position {
  readonly takes: Ranges;
  readonly follow: Set<Position>;
}

interface Part {
  readonly nullable: boolean;
  readonly first: ReadonlySet<Position>;
  readonly last: ReadonlySet<Position>;
}

/** @throws PatternProblem where engines could take different matches, or an empty one. */
export function checkChoice(pattern: Pattern): void {
  const positions: Position[] = [];
  const whole = partOf(pattern.body, positions);
  if (whole.nullable) throw new PatternProblem('the pattern matches the empty text');
  for (const next of [whole.first, ...positions.map(({ follow }) => follow)]) {
    const list = [...next];
    list.forEach((one, i) => {
      if (list.slice(i + 1).some((other) => overlap(one.takes, other.takes)))
        throw new PatternProblem(
          'the pattern leaves a choice, in which engines differ: after each character it must be clear what the next one stands for (`[^@]*@` and not `.*@`)',
        );
    });
  }
}

function partOf(node: PatternNode, positions: Position[]): Part {
  switch (node.kind) {
    case 'set': {
      const position: Position = { takes: takenBy(node), follow: new Set() };
      positions.push(position);
      if (positions.length > MAX_POSITIONS)
        throw new PatternProblem('the pattern is too large, its repetitions written out');
      return { nullable: false, first: new Set([position]), last: new Set([position]) };
    }
    case 'sequence':
      return node.parts.map((part) => partOf(part, positions)).reduce(joined);
    case 'choice': {
      const parts = node.parts.map((part) => partOf(part, positions));
      return {
        nullable: parts.some(({ nullable }) => nullable),
        first: new Set(parts.flatMap(({ first }) => [...first])),
        last: new Set(parts.flatMap(({ last }) => [...last])),
      };
    }
    case 'repeat':
      return repeated(node, positions);
    default:
      return node satisfies never;
  }
}

function joined(left: Part, right: Part): Part {
  for (const position of left.last) for (const next of right.first) position.follow.add(next);
  return {
    nullable: left.nullable && right.nullable,
    first: left.nullable ? new Set([...left.first, ...right.first]) : left.first,
    last: right.nullable ? new Set([...left.last, ...right.last]) : right.last,
  };
}

const optional = (part: Part): Part => ({ ...part, nullable: true });

/** `x{2,4}` is `xx(x(x)?)?`. */
function repeated({ part, min, max }: Extract<PatternNode, { kind: 'repeat' }>, positions: Position[]): Part {
  const copies = (count: number): Part[] => Array.from({ length: count }, () => partOf(part, positions));
  if (max === null) {
    const fixed = copies(Math.max(min, 1));
    const loop = fixed.at(-1)!;
    for (const position of loop.last) for (const next of loop.first) position.follow.add(next);
    const all = fixed.reduce(joined);
    return min === 0 ? optional(all) : all;
  }
  const fixed = copies(min);
  const rest = copies(max - min);
  const tail = rest.reduceRight<Part | null>(
    (after, one) => optional(after === null ? one : joined(one, after)),
    null,
  );
  return [...fixed, ...(tail === null ? [] : [tail])].reduce(joined);
}

function takenBy({ negated, ranges }: Extract<PatternNode, { kind: 'set' }>): Ranges {
  if (!negated) return ranges;
  const taken: (readonly [number, number])[] = [];
  let from = 1;
  for (const [low, high] of [...ranges].sort(([a], [b]) => a - b)) {
    if (low > from) taken.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  if (from <= LAST_POINT) taken.push([from, LAST_POINT]);
  return taken;
}

function overlap(a: Ranges, b: Ranges): boolean {
  return a.some(([low, high]) => b.some(([from, to]) => low <= to && from <= high));
}
