/**
 * Dates and moments cut to their year, quarter, …, hour, in UTC. Only years 1 to 9999 are shown: infinite dates, dates before
 * Christ and what one engine alone can hold become NULL.
 */
import type { DateUnit } from '../../../policies/policy.ts';
import type { SqlType } from '../../stages.ts';
import type { Node } from '../../tree.ts';
import { CALLS, type CastTarget, cast, type EngineKind, every, operation, text, when } from '../build.ts';

/** Moments of DuckDB in other than microseconds have another range. */
export function truncates(to: DateUnit, type: SqlType): boolean {
  switch (type.family) {
    case 'date':
      return to !== 'day' && to !== 'hour';
    case 'timestamp':
    case 'timestamptz':
      return type.precision === undefined;
    default:
      return false;
  }
}

export function truncateDate(to: DateUnit, type: SqlType, value: Node, engine: EngineKind): Node {
  const call = CALLS[engine];
  // DuckDB 1.5.6 truncates the least and greatest value of the column while it plans, and fails where a hidden row is out of range.
  const shielded = (moment: Node): Node => (engine === 'duckdb' ? call('least', moment, moment) : moment);
  const truncated = (moment: Node): Node => call('date_trunc', text(to), shielded(moment));
  switch (type.family) {
    case 'date': {
      // PostgreSQL would take it for a moment of its time zone.
      const moment = engine === 'postgres' ? cast(value, 'timestamp') : value;
      return within('date', '0001-01-01', '9999-12-31', value, cast(truncated(moment), 'date'));
    }
    case 'timestamp':
      return within(
        'timestamp',
        '0001-01-01 00:00:00',
        '9999-12-31 23:59:59.999999',
        value,
        truncated(value),
      );
    default: {
      // DuckDB's own function for moments with a zone belongs to an extension, and goes by the session's zone.
      const utc =
        engine === 'duckdb'
          ? call('to_timestamp', call('epoch', truncated(call('make_timestamp', call('epoch_us', value)))))
          : call('timezone', text('UTC'), truncated(call('timezone', text('UTC'), value)));
      return within('timestamptz', '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999+00', value, utc);
    }
  }
}

function within(type: CastTarget, low: string, high: string, value: Node, result: Node): Node {
  const inside = [
    operation('>=', value, cast(text(low), type)),
    operation('<=', value, cast(text(high), type)),
  ];
  return when(every(inside), result, null);
}
