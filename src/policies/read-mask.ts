/** `mask:` of a policy: which mask, on which rows, with its options checked. */
import { CustomProblem } from '../sql/rewrite/masks/custom-syntax.ts';
import { checkCustom } from '../sql/rewrite/masks/custom-types.ts';
import { checkedPattern } from '../sql/rewrite/masks/regex.ts';
import { PatternProblem } from '../sql/rewrite/masks/regex-syntax.ts';
import { isPlace, isSize } from '../sql/rewrite/masks/steps.ts';
import { readCondition } from './conditions.ts';
import { DATE_UNITS, MASK_ORDER, type MaskSpec, PARTIAL_FORMATS } from './policy.ts';
import { isRecord, kindOf, type Path, type Report, readRecord, suggest } from './problem.ts';
import { parseWhere, WhereProblem, type WhereTemplate } from './where.ts';

export interface MaskBody {
  readonly effect: 'mask';
  readonly mask: MaskSpec;
  /** The rows it masks; null for all. */
  readonly where: WhereTemplate | null;
}

/** Null where anything was wrong; each problem was reported. */
export function readMask(value: unknown, report: Report): MaskBody | null {
  let sound = true;
  const tell: Report = (path, message) => {
    sound = false;
    report(path, message);
  };
  // In YAML an unquoted null is no text.
  const kind = isRecord(value) && value.with === null ? 'null' : isRecord(value) ? value.with : undefined;
  const known = MASK_ORDER.find((mask) => mask === kind);
  if (known === undefined || !isRecord(value)) {
    const found =
      typeof kind === 'string' ? `unknown mask \`${kind}\`${suggest(kind, MASK_ORDER)}` : undefined;
    tell(
      isRecord(value) ? ['mask', 'with'] : ['mask'],
      found ?? `expected { with: … }, one of ${MASK_ORDER.join(', ')}`,
    );
    return null;
  }
  const { where, ...options } = value;
  const mask = READERS[known](new Options(options, tell));
  const rows = where === undefined ? null : readWhere(where, tell);
  return sound && mask !== null ? { effect: 'mask', mask, where: rows } : null;
}

function readWhere(where: unknown, report: Report): WhereTemplate | null {
  const path = ['mask', 'where'];
  if (typeof where !== 'string' || where.trim() === '') {
    report(path, `\`where\` takes an expression as text; found ${kindOf(where)}`);
    return null;
  }
  return attempt(path, report, () => parseWhere(where));
}

/** What `read` gives, or null with its problem reported. */
function attempt<T>(path: Path, report: Report, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WhereProblem || error instanceof PatternProblem || error instanceof CustomProblem))
      throw error;
    report(path, error.message);
    return null;
  }
}

/** The options of one mask, each read as what it has to be; what is wrong is reported and null. Lives as long as that takes. */
class Options {
  readonly #options: Readonly<Record<string, unknown>>;
  readonly report: Report;

  constructor(options: Readonly<Record<string, unknown>>, report: Report) {
    this.#options = options;
    this.report = report;
  }

  /** No others may stand there. */
  only(...keys: readonly string[]): this {
    readRecord(this.#options, ['with', ...keys, 'where'], ['mask'], this.report);
    return this;
  }

  has(key: string): boolean {
    return this.#options[key] !== undefined;
  }

  raw(key: string): unknown {
    return this.#options[key];
  }

  wrong(key: string, wanted: string): null {
    this.report(['mask', key], `${wanted}; found ${kindOf(this.#options[key])}`);
    return null;
  }

  number(
    key: string,
    otherwise: number | null,
    holds: (n: number) => boolean,
    wanted: string,
  ): number | null {
    const value = this.#options[key] ?? otherwise;
    return typeof value === 'number' && Number.isFinite(value) && holds(value)
      ? value
      : this.wrong(key, wanted);
  }

  count(key: string): number | null {
    const whole = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= 100;
    return this.number(key, 0, whole, `\`${key}\` takes a whole number from 0 to 100`);
  }

  text(key: string, holds: (text: string) => boolean, wanted: string): string | null {
    const value = this.#options[key];
    return typeof value === 'string' && holds(value) ? value : this.wrong(key, wanted);
  }

  oneOf<T extends string>(key: string, known: readonly T[], otherwise: T | null): T | null {
    const value = this.#options[key] ?? otherwise;
    const found = known.find((one) => one === value);
    if (found !== undefined) return found;
    if (typeof value !== 'string') return this.wrong(key, `\`${key}\` takes one of ${known.join(', ')}`);
    this.report(['mask', key], `unknown ${key}${suggest(value, known)}`);
    return null;
  }

  fill(): string | null {
    if (!this.has('fill')) return '*';
    const one = (text: string): boolean => [...text].length === 1 && text !== '\0';
    return this.text('fill', one, '`fill` takes one character');
  }
}

const SIZE = 'a number from 0.000001 to 1e15, of at most six digits after the point';

const READERS: Readonly<Record<MaskSpec['kind'], (options: Options) => MaskSpec | null>> = {
  hide(options) {
    options.only();
    return { kind: 'hide' };
  },
  null(options) {
    options.only();
    return { kind: 'null' };
  },
  constant(options) {
    const value = options.only('value').raw('value');
    if (typeof value === 'string' || typeof value === 'boolean') return { kind: 'constant', value };
    if (typeof value === 'number' && Number.isFinite(value)) return { kind: 'constant', value };
    return options.wrong('value', 'a constant mask needs `value`: a text, a number, true or false');
  },
  custom(options) {
    const expression = options
      .only('expression', 'rank')
      .text('expression', (text) => text.trim() !== '', 'a custom mask needs `expression`: SQL over `value`');
    const rank = readRank(options);
    if (expression === null || rank === null) return null;
    const sound = attempt(['mask', 'expression'], options.report, () => checkCustom(expression));
    return sound === null ? null : { kind: 'custom', expression, rank };
  },
  hash(options) {
    const scope = options.only('scope').oneOf('scope', ['global', 'dataset', 'project'], 'global');
    return scope === null ? null : { kind: 'hash', scope };
  },
  tokenise(options) {
    const scope = options.only('scope', 'reveal').oneOf('scope', ['dataset', 'policy'], 'dataset');
    const reveal = options.has('reveal')
      ? readCondition(options.raw('reveal'), ['mask', 'reveal'], options.report)
      : null;
    return scope === null ? null : { kind: 'tokenise', scope, reveal };
  },
  regex(options) {
    const pattern = options
      .only('pattern', 'replace', 'unmatched')
      .text('pattern', () => true, 'a regex mask needs `pattern`: a text');
    const short = (text: string): boolean => text.length <= 100 && !text.includes('\0');
    const replace = options.text('replace', short, '`replace` takes a text of up to 100 characters');
    const unmatched = options.oneOf('unmatched', ['null', 'keep'], 'null');
    if (pattern === null || replace === null || unmatched === null) return null;
    const sound = attempt(['mask', 'pattern'], options.report, () => checkedPattern(pattern));
    return sound === null ? null : { kind: 'regex', pattern, replace, unmatched };
  },
  partial(options) {
    if (options.has('format')) {
      const format = options.only('format', 'fill').oneOf('format', PARTIAL_FORMATS, null);
      const fill = options.fill();
      return format === null || fill === null ? null : { kind: 'partial', format, with: fill };
    }
    const [first, last] = [options.only('first', 'last', 'fill').count('first'), options.count('last')];
    const fill = options.fill();
    return first === null || last === null || fill === null
      ? null
      : { kind: 'partial', first, last, with: fill };
  },
  bucket(options) {
    if (options.has('boundaries')) {
      const boundaries = options.only('boundaries').raw('boundaries');
      const ascending =
        Array.isArray(boundaries) &&
        boundaries.length > 0 &&
        boundaries.length <= 100 &&
        boundaries.every(
          (n: unknown, i) =>
            typeof n === 'number' && isPlace(n) && (i === 0 || n > (boundaries[i - 1] as number)),
        );
      return ascending
        ? { kind: 'bucket', boundaries: boundaries as readonly number[] }
        : options.wrong(
            'boundaries',
            '`boundaries` takes up to 100 numbers, each greater than the one before',
          );
    }
    const width = options
      .only('width', 'origin', 'boundaries')
      .number('width', null, isSize, `a bucket mask needs \`boundaries\`, or \`width\`: ${SIZE}`);
    const origin = options.number('origin', 0, isPlace, `\`origin\` takes 0 or ${SIZE}`);
    return width === null || origin === null ? null : { kind: 'bucket', width, origin };
  },
  round(options) {
    if (options.has('digits')) {
      const places = (n: number): boolean => Number.isInteger(n) && n >= -15 && n <= 6;
      const digits = options
        .only('digits')
        .number('digits', null, places, '`digits` takes a whole number from -15 to 6');
      return digits === null ? null : { kind: 'round', to: Number(`1e${-digits}`) };
    }
    const to = options
      .only('to', 'digits')
      .number('to', null, isSize, `a round mask needs \`digits\`, or \`to\`: ${SIZE}`);
    return to === null ? null : { kind: 'round', to };
  },
  truncate_date(options) {
    const to = options.only('to').oneOf('to', DATE_UNITS, null);
    return to === null ? null : { kind: 'truncate_date', to };
  },
};

/** `rank: { after: partial }`: its place among the other masks, `after: constant` unless told. */
function readRank(options: Options): number | null {
  const base = MASK_ORDER.indexOf('constant') + 0.5;
  if (!options.has('rank')) return base;
  const rank = readRecord(options.raw('rank'), ['after', 'before'], ['mask', 'rank'], options.report);
  if (rank === null) return null;
  const { after, before } = rank;
  const other = MASK_ORDER.indexOf((after ?? before) as MaskSpec['kind']);
  const known =
    other >= 0 && MASK_ORDER[other] !== 'custom' && (after === undefined) !== (before === undefined);
  if (!known || (before !== undefined && other === 0))
    return options.wrong(
      'rank',
      '`rank` takes { after: MASK } or { before: MASK }, and nothing comes before hide',
    );
  return after === undefined ? other - 0.5 : other + 0.5;
}
