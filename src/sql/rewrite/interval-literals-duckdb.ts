/** Interval literals with several fields (`'1-2' YEAR TO MONTH`), or a fraction in their one, as plain ones: DuckDB reads whole numbers of one field alone. */
import type { TypeName } from '@pgsql/types';
import { INTERVAL_FIELDS } from '../guard/types.ts';
import type { Node } from '../tree.ts';
import { cast, text } from './build.ts';
import { unsupported } from './unsupported.ts';

/** @returns undefined where DuckDB reads it as it is. */
export function plainInterval(arg: Node, type: TypeName): Node | undefined {
  const [field] = type.typmods ?? [];
  const mask = field !== undefined && 'A_Const' in field ? (field.A_Const.ival?.ival ?? 0) : 0;
  const name = INTERVAL_FIELDS.get(mask);
  const written = 'A_Const' in arg ? arg.A_Const.sval?.sval : undefined;
  if (name === undefined || written === undefined) return undefined;
  if (!name.includes(' ')) return single(written.trim(), name);
  const plain = several(written.trim(), name);
  if (plain === null)
    throw unsupported(`This interval of ${name}`, "Write it in words: interval '1 day 2 hours'.");
  return cast(text(plain), 'interval');
}

function single(written: string, name: string): Node | undefined {
  if (/^-?\d+$/.test(written)) return undefined;
  const fraction = /^-?\d+\.\d{1,6}$/.test(written) && name === 'SECOND';
  if (!fraction)
    throw unsupported(`This interval of ${name}`, "Write it in words: interval '1 day 2 hours'.");
  return cast(text(`${written} seconds`), 'interval');
}

const CLOCK = '(\\d+):(\\d{1,2})(?::(\\d{1,2}(?:\\.\\d{1,6})?))?';

function several(written: string, name: string): string | null {
  if (name === 'YEAR TO MONTH') {
    const [, sign, years, months] = /^([-+]?)(\d{1,6})-(\d{1,2})$/.exec(written) ?? [];
    return years === undefined ? null : `${minus(sign)}${Number(years) * 12 + Number(months)} months`;
  }
  if (name === 'MINUTE TO SECOND') {
    const [, sign, minutes, seconds] = /^([-+]?)(\d+):(\d{1,2}(?:\.\d{1,6})?)$/.exec(written) ?? [];
    return minutes === undefined ? null : `${minus(sign)}${minutes} minutes ${minus(sign)}${seconds} seconds`;
  }
  const days = name.startsWith('DAY');
  const pattern =
    name === 'DAY TO HOUR'
      ? /^(\d+) (\d{1,2})$/
      : new RegExp(days ? `^(?:(\\d+) )?${CLOCK}$` : `^()${CLOCK}$`);
  const parts = pattern.exec(written);
  if (parts === null) return null;
  const [, day, hours, minutes = '0', seconds = '0'] = parts;
  const whole = name.endsWith('SECOND') || parts[4] === undefined;
  return whole ? `${day || 0} days ${hours} hours ${minutes} minutes ${seconds} seconds` : null;
}

const minus = (sign: string | undefined): string => (sign === '-' ? '-' : '');
