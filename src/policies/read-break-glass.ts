/** `break_glass:` of a policy: who is let past masks, row filters and denials in an emergency, why, and until when. */
import { readCondition } from './conditions.ts';
import type { Dnf } from './policy.ts';
import { kindOf, type Report, readRecord } from './problem.ts';

const EXPIRES = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?$/;

export interface BreakGlassBody {
  readonly effect: 'break_glass';
  readonly who: Dnf;
  readonly reason: string;
  /** Epoch seconds. */
  readonly expires: number;
}

/** Null where anything was wrong; each problem was reported. */
export function readBreakGlass(value: unknown, report: Report): BreakGlassBody | null {
  const glass = readRecord(value, ['to', 'reason', 'expires'], ['break_glass'], report);
  if (glass === null) return null;
  if (glass.to === undefined) report(['break_glass'], '`break_glass` needs `to`: whom it lets through');
  const who = glass.to === undefined ? null : readCondition(glass.to, ['break_glass', 'to'], report);
  if (who?.some((alternative) => alternative.length === 0)) {
    report(
      ['break_glass', 'to'],
      '`break_glass` lets nobody through but those whom it names; found everyone',
    );
    return null;
  }
  const { reason } = glass;
  if (typeof reason !== 'string' || reason.trim() === '') {
    report(
      'reason' in glass ? ['break_glass', 'reason'] : ['break_glass'],
      `\`break_glass\` needs \`reason\`: a text that the audit shows; found ${kindOf(reason)}`,
    );
  }
  const expires = readMoment(glass.expires);
  if (expires === null) {
    report(
      'expires' in glass ? ['break_glass', 'expires'] : ['break_glass'],
      `\`break_glass\` needs \`expires\`: a day such as 2026-12-31 (its first moment, in UTC) or 2026-12-31T18:00Z; found ${kindOf(glass.expires)}`,
    );
  }
  if (who === null || typeof reason !== 'string' || expires === null) return null;
  return { effect: 'break_glass', who, reason: reason.trim(), expires };
}

/** The library of dates reads the thirty-first of February as a day in March. */
function readMoment(value: unknown): number | null {
  if (typeof value !== 'string' || !EXPIRES.test(value)) return null;
  const moment = new Date(value);
  if (Number.isNaN(moment.getTime()) || moment.toISOString().slice(0, 10) !== value.slice(0, 10)) return null;
  return moment.getTime() / 1000;
}
