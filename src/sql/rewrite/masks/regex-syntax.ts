/**
 * The small language of patterns that RE2 and PostgreSQL read alike: literals, `.`, classes, groups, alternatives and greedy
 * repetitions. The two differ in which of several possible matches they take (first or longest): a pattern is accepted only
 * where there is no choice, that is where each character decides the one place in the pattern that it can stand for.
 */

/** Code points, from and to. */
type Range = readonly [number, number];

export type PatternNode =
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly Range[] }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly PatternNode[] }
  /** `max` null: without end. */
  | {
      readonly kind: 'repeat';
      readonly part: PatternNode;
      readonly min: number;
      readonly max: number | null;
    };

export interface Pattern {
  /** Only at the start, only at the end of the text. */
  readonly start: boolean;
  readonly end: boolean;
  readonly body: PatternNode;
}

/** The pattern is not of the accepted language; the message says where. */
export class PatternProblem extends Error {}

const MAX_TEXT = 500;
const MAX_REPEAT = 100;
const MAX_NESTING = 20;

const SHORTHANDS: Readonly<Record<string, readonly Range[]>> = {
  d: [[0x30, 0x39]],
  w: [
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x5f, 0x5f],
    [0x61, 0x7a],
  ],
  s: [
    [0x09, 0x0d],
    [0x20, 0x20],
  ],
};

/** @throws PatternProblem */
export function parsePattern(text: string): Pattern {
  const points = [...text];
  if (points.length > MAX_TEXT) throw new PatternProblem(`the pattern is longer than ${MAX_TEXT} characters`);
  const start = points[0] === '^';
  const end = points.at(-1) === '$' && !/(?<!\\)(?:\\\\)*\\\$$/.test(text);
  const parser = new PatternParser(points.slice(start ? 1 : 0, end ? -1 : undefined), start ? 1 : 0);
  return { start, end, body: parser.whole() };
}

/** Reads a pattern from left to right; lives as long as that takes. */
class PatternParser {
  readonly #points: readonly string[];
  readonly #offset: number;
  #at = 0;

  constructor(points: readonly string[], offset: number) {
    this.#points = points;
    this.#offset = offset;
  }

  whole(): PatternNode {
    const node = this.#choice(0);
    if (this.#at < this.#points.length) throw this.#problem('a `)` without its `(`');
    return node;
  }

  #problem(what: string): PatternProblem {
    return new PatternProblem(`${what} at character ${this.#at + this.#offset + 1}`);
  }

  #peek(): string | undefined {
    return this.#points[this.#at];
  }

  #take(): string {
    const point = this.#points[this.#at];
    if (point === undefined) throw this.#problem('the pattern breaks off');
    this.#at++;
    return point;
  }

  #choice(depth: number): PatternNode {
    if (depth > MAX_NESTING) throw this.#problem(`more than ${MAX_NESTING} groups in each other`);
    const parts = [this.#sequence(depth)];
    while (this.#peek() === '|') {
      this.#at++;
      parts.push(this.#sequence(depth));
    }
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : { kind: 'choice', parts };
  }

  #sequence(depth: number): PatternNode {
    const parts: PatternNode[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek())
      parts.push(this.#repeated(this.#atom(depth)));
    if (parts.length === 0) throw this.#problem('an empty alternative, group or pattern');
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : { kind: 'sequence', parts };
  }

  #atom(depth: number): PatternNode {
    const point = this.#take();
    switch (point) {
      case '(': {
        if (this.#peek() === '?') {
          this.#at++;
          if (this.#take() !== ':') throw this.#problem('a group other than `( )` and `(?: )`');
        }
        const inner = this.#choice(depth + 1);
        if (this.#take() !== ')') throw this.#problem('a `(` without its `)`');
        return inner;
      }
      case '[':
        return this.#set();
      case '.':
        return { kind: 'set', negated: true, ranges: [] };
      case '\\':
        return { kind: 'set', negated: false, ranges: this.#escape() };
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        throw this.#problem(`\`${point}\` stands for itself only as \`\\${point}\`:`);
      case '^':
      case '$':
        throw this.#problem(`\`${point}\` only at the very ${point === '^' ? 'start' : 'end'}; found one`);
      default:
        return { kind: 'set', negated: false, ranges: [this.#literal(point)] };
    }
  }

  #literal(point: string): Range {
    const code = point.codePointAt(0) ?? 0;
    if (code === 0) throw this.#problem('a NUL');
    if (code >= 0xd800 && code <= 0xdfff) throw this.#problem('half a character');
    return [code, code];
  }

  #escape(): readonly Range[] {
    const point = this.#take();
    const shorthand = Object.hasOwn(SHORTHANDS, point) ? SHORTHANDS[point] : undefined;
    if (shorthand !== undefined) return shorthand;
    if (/[A-Za-z0-9]/.test(point)) throw this.#problem(`\`\\${point}\` (known are \\d, \\w, \\s)`);
    return [this.#literal(point)];
  }

  #set(): PatternNode {
    const negated = this.#peek() === '^';
    if (negated) this.#at++;
    const ranges: Range[] = [];
    for (let next = this.#take(); next !== ']'; next = this.#take()) {
      if (next === '[') throw this.#problem('`[` in a class stands for itself only as `\\[`:');
      const low = next === '\\' ? this.#escape() : [this.#literal(next)];
      const [first] = low;
      const ranged = this.#peek() === '-' && this.#points[this.#at + 1] !== ']';
      if (!ranged || first === undefined || low.length > 1 || first[0] !== first[1]) {
        ranges.push(...low);
        continue;
      }
      this.#at++;
      const last = this.#take();
      const [high] = last === '\\' ? this.#escape() : [this.#literal(last)];
      // What lies between two letters beyond ASCII is a matter of the collation in PostgreSQL.
      if (high === undefined || high[0] !== high[1] || high[0] < first[0] || high[0] > 0x7e)
        throw this.#problem('a range that is not from a lower to a higher character of ASCII');
      ranges.push([first[0], high[0]]);
    }
    if (ranges.length === 0) throw this.#problem('an empty class');
    return { kind: 'set', negated, ranges };
  }

  #repeated(part: PatternNode): PatternNode {
    const [min, max] = this.#quantity() ?? [1, 1];
    if (['*', '+', '?', '{'].includes(this.#peek() ?? '') && (min !== 1 || max !== 1))
      throw this.#problem('two repetitions in a row (lazy and possessive ones are not accepted)');
    return min === 1 && max === 1 ? part : { kind: 'repeat', part, min, max };
  }

  #quantity(): readonly [number, number | null] | null {
    switch (this.#peek()) {
      case '*':
        this.#at++;
        return [0, null];
      case '+':
        this.#at++;
        return [1, null];
      case '?':
        this.#at++;
        return [0, 1];
      case '{': {
        const text = this.#points.slice(this.#at, this.#at + 10).join('');
        const found = /^\{(\d{1,3})(?:(,)(\d{1,3})?)?\}/.exec(text);
        if (found === null) throw this.#problem('a `{` that is no {n}, {n,} or {n,m}');
        const min = Number(found[1]);
        const max = found[2] === undefined ? min : found[3] === undefined ? null : Number(found[3]);
        if (min > MAX_REPEAT || (max ?? 0) > MAX_REPEAT || (max !== null && (max < min || max === 0)))
          throw this.#problem(`a repetition that is not within 1 to ${MAX_REPEAT}`);
        this.#at += found[0].length;
        return [min, max];
      }
      default:
        return null;
    }
  }
}
