/** `rows:` of a policy: a row filter as text, parsed into a template that is matched to datasets later. */
import { kindOf, type Report, readRecord } from './problem.ts';
import { parseWhere, WhereProblem, type WhereTemplate } from './where.ts';

export interface RowsBody {
  readonly effect: 'rows';
  readonly where: WhereTemplate;
}

/** Null where anything was wrong; each problem was reported. */
export function readRows(value: unknown, report: Report): RowsBody | null {
  const rows = readRecord(value, ['where'], ['rows'], report);
  if (rows === null) return null;
  if (typeof rows.where !== 'string' || rows.where.trim() === '') {
    report(['rows', 'where'], `\`where\` takes an expression as text; found ${kindOf(rows.where)}`);
    return null;
  }
  try {
    return { effect: 'rows', where: parseWhere(rows.where, { lookups: true }) };
  } catch (error) {
    if (!(error instanceof WhereProblem)) throw error;
    report(['rows', 'where'], error.message);
    return null;
  }
}
