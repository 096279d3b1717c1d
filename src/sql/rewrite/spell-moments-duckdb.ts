/** Functions of moments and intervals that DuckDB has under no single name, with PostgreSQL's meaning. */
import type { TypeFamily } from '../../catalogue/dataset.ts';
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';
import { call, cast, NULL, operation, text, when, whole } from './build.ts';
import { readFormat, written } from './formats-duckdb.ts';
import { constant, type Form, type Forms } from './spell-form-duckdb.ts';
import { unsupported } from './unsupported.ts';

const SECONDS = /^(?:s|sec|secs|second|seconds)$/i;
const MILLISECONDS = /^(?:ms|msec|msecs|millisecond|milliseconds)$/i;

/** PostgreSQL counts seconds with their fractions. */
const datePart: Form = ([field, value]) => {
  const name = constant(field) ?? '';
  const unit = SECONDS.test(name) ? 1_000_000 : MILLISECONDS.test(name) ? 1000 : null;
  if (unit === null) return undefined;
  return operation('/', call('date_part', text('microseconds'), value!), whole(unit));
};

const MOMENTS: ReadonlySet<TypeFamily> = new Set(['date', 'timestamp', 'timestamptz', 'unknown']);

const toChar: Form = ([value, format], { families }) => {
  const words = constant(format);
  if (!MOMENTS.has(families[0] ?? 'unknown'))
    throw unsupported('to_char of anything but a date or a moment', 'Cast to text, or use round and lpad.');
  if (words === null) throw unsupported('to_char with a format that is no literal');
  return written(families[0] === 'timestamptz' ? cast(value!, 'timestamp') : value!, words);
};

const parsed = (value: Node, format: Node | undefined): Node => {
  const words = constant(format);
  if (words === null) throw unsupported('A format that is no literal', 'Write the format itself.');
  return call('strptime', value, text(readFormat(words)));
};

const toDate: Form = ([value, format]) => cast(parsed(value!, format), 'date');

const toTimestamp: Form = ([value, format]) =>
  format === undefined ? undefined : cast(parsed(value!, format), 'timestamptz');

const UNITS = ['years', 'months', 'weeks', 'days', 'hours', 'mins', 'secs'] as const;
const MADE: Readonly<Record<(typeof UNITS)[number], string>> = {
  years: 'to_years',
  months: 'to_months',
  weeks: 'to_weeks',
  days: 'to_days',
  hours: 'to_hours',
  mins: 'to_minutes',
  secs: 'to_seconds',
};

const makeInterval: Form = (args) => {
  const parts = args.map((arg, i) => {
    const { tag, body } = open(arg);
    const unit = tag === 'NamedArgExpr' ? (body.name as (typeof UNITS)[number]) : UNITS[i]!;
    const value = tag === 'NamedArgExpr' ? (body.arg as Node) : arg;
    return call(MADE[unit], cast(value, unit === 'secs' ? 'double' : 'integer'));
  });
  return parts.length === 0
    ? call('to_days', whole(0))
    : parts.reduce((sum, one) => operation('+', sum, one));
};

/** PostgreSQL has no bins of months; DuckDB's would not be the same. */
const dateBin: Form = ([stride, value, origin], { families }) => {
  const written = constant(stride);
  const size = written === null ? stride! : cast(stride!, 'interval');
  const text =
    written ??
    ('TypeCast' in stride! && stride.TypeCast.arg !== undefined ? constant(stride.TypeCast.arg) : null);
  if (text === null || /mon|year|decade|cent|mil|\dy|-\d+-/i.test(text))
    throw unsupported(
      'date_bin with a stride that is not written out in days or less',
      "Write interval '15 minutes', or use date_trunc.",
    );
  const zoned = families[1] === 'timestamptz' || families[2] === 'timestamptz';
  const as = zoned ? 'timestamptz' : 'timestamp';
  return call('time_bucket', size, cast(value!, as), cast(origin!, as));
};

/** Ends of a period in order, as PostgreSQL puts them; the second may be a length. */
function period(start: Node, end: Node, family: TypeFamily | undefined): { from: Node; to: Node } {
  const stop = family === 'interval' ? operation('+', start, end) : end;
  const turned = { NullTest: { arg: start, nulltesttype: 'IS_NULL' } } as Node;
  const after = operation('>', start, stop);
  return {
    from: when({ BoolExpr: { boolop: 'OR_EXPR', args: [turned, after] } }, stop, start),
    to: when(turned, NULL, when(after, start, stop)),
  };
}

const isNull = (arg: Node): Node => ({ NullTest: { arg, nulltesttype: 'IS_NULL' } });
const either = (...args: Node[]): Node => ({ BoolExpr: { boolop: 'OR_EXPR', args } });
const TRUE: Node = { A_Const: { boolval: { boolval: true } } };
const FALSE: Node = { A_Const: { boolval: {} } };

/** timestamp_overlaps of PostgreSQL, unknown ends included. */
const overlaps: Form = ([a, b, c, d], { families }) => {
  const one = period(a!, b!, families[1]);
  const two = period(c!, d!, families[3]);
  const later = (first: typeof one, second: typeof one): Node =>
    when(
      isNull(second.to),
      cast(NULL, 'boolean'),
      when(operation('<', first.from, second.to), TRUE, when(isNull(first.to), cast(NULL, 'boolean'), FALSE)),
    );
  return when(
    either(isNull(one.from), isNull(two.from)),
    cast(NULL, 'boolean'),
    when(
      operation('>', one.from, two.from),
      later(one, two),
      when(
        operation('<', one.from, two.from),
        later(two, one),
        when(either(isNull(one.to), isNull(two.to)), cast(NULL, 'boolean'), TRUE),
      ),
    ),
  );
};

/** In a zone: there the day begins when it does, and back. */
const dateTrunc: Form = ([field, value, zone]) =>
  zone === undefined
    ? undefined
    : call('timezone', zone, call('date_trunc', field!, call('timezone', zone, value!)));

export const MOMENT_FORMS: Forms = [
  ['date_trunc', dateTrunc],
  ['date_bin', dateBin],
  ['date_part', datePart],
  ['datepart', datePart],
  ['extract', datePart],
  ['make_interval', makeInterval],
  ['overlaps', overlaps],
  ['to_char', toChar],
  ['to_date', toDate],
  ['to_timestamp', toTimestamp],
];
