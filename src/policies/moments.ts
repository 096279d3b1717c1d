/** `now()` in a filter, and its distance in months, days and seconds: read from the grammar's tree, computed as PostgreSQL does in UTC. */
import type { A_Expr, Node } from '@pgsql/types';

export interface Distance {
  readonly months: number;
  readonly days: number;
  readonly seconds: number;
}

const NOW: Distance = { months: 0, days: 0, seconds: 0 };

/** One of each unit. */
const UNITS: Readonly<Record<string, Partial<Distance>>> = {
  second: { seconds: 1 },
  minute: { seconds: 60 },
  hour: { seconds: 3600 },
  day: { days: 1 },
  week: { days: 7 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { months: 12 },
};
/** Whole units, no more than these of each kind. */
const PARTS = /^\s*(\d{1,6}\s+[a-z]+)(\s+\d{1,6}\s+[a-z]+)*\s*$/i;
const MOST_MONTHS = 12 * 1000;
const MOST_DAYS = 366 * 1000;

/** Null where the node is something else; a text that says what is wrong where it is not quite this. */
export function readNow(node: Node): Distance | string | null {
  if ('FuncCall' in node && calls(node.FuncCall.funcname) === 'now')
    return node.FuncCall.args === undefined ? NOW : '`now()` takes no argument';
  if ('SQLValueFunction' in node) return 'say `now()`, which is the moment of the query in UTC';
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_OP') return shifted(node.A_Expr);
  return null;
}

function shifted({ name, lexpr, rexpr }: A_Expr): Distance | string | null {
  const op = calls(name);
  if ((op !== '+' && op !== '-') || lexpr === undefined || rexpr === undefined) return null;
  const from = readNow(lexpr);
  if (from === null || typeof from === 'string') return from;
  const by = interval(rexpr);
  if (by === null) return "only an interval is added to now(), such as now() - interval '90 days'";
  const sign = op === '-' ? -1 : 1;
  const distance = {
    months: from.months + sign * by.months,
    days: from.days + sign * by.days,
    seconds: from.seconds + sign * by.seconds,
  };
  return Math.abs(distance.months) > MOST_MONTHS || Math.abs(distance.days) > MOST_DAYS
    ? 'an interval reaches a thousand years at the most'
    : distance;
}

function interval(node: Node): Distance | null {
  if (!('TypeCast' in node)) return null;
  const { arg, typeName } = node.TypeCast;
  const text = arg !== undefined && 'A_Const' in arg ? (arg.A_Const.sval?.sval ?? '') : '';
  const fields = typeName?.names?.map((part) => ('String' in part ? part.String.sval : '')) ?? [];
  if (fields.at(-1) !== 'interval' || typeName?.typmods !== undefined || !PARTS.test(text)) return null;
  let sum = NOW;
  for (const [, count, word = ''] of text.matchAll(/(\d+)\s+([a-z]+)/gi)) {
    const unit = UNITS[word.toLowerCase().replace(/s$/, '')];
    if (unit === undefined) return null;
    const times = Number(count);
    sum = {
      months: sum.months + times * (unit.months ?? 0),
      days: sum.days + times * (unit.days ?? 0),
      seconds: sum.seconds + times * (unit.seconds ?? 0),
    };
  }
  return sum;
}

const calls = (names: readonly Node[] | undefined): string =>
  (names ?? []).map((part) => ('String' in part ? (part.String.sval ?? '') : '')).join('.');

/** Milliseconds since the epoch, of a moment and a distance from it: months first, to the last day of a shorter month. */
export function momentAt(now: number, { months, days, seconds }: Distance): number {
  const date = new Date(now);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0)).getUTCDate();
  const month = Date.UTC(
    date.getUTCFullYear(),
    date.getUTCMonth() + months,
    Math.min(date.getUTCDate(), last),
  );
  return month + (now - dayOf(now)) + days * DAY + seconds * 1000;
}

export const DAY = 86_400_000;

/** The beginning of its day, in UTC. */
export const dayOf = (moment: number): number => Math.floor(moment / DAY) * DAY;
