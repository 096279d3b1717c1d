/** The bound on what one query reads: rows of its datasets, by their size alone, since what a filter leaves would tell of hidden rows. */
import type { Decision } from '../access/decision.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { BoundQuery } from '../sql/stages.ts';

/** The tightest of the gate's bound and the policies'. @throws SluiceError scan_too_large */
export function checkScan(bound: BoundQuery, decisions: ReadonlyMap<string, Decision>, gate: Gate): void {
  const bounds = [...decisions.values()].flatMap(({ limits }) => limits.max_scan_rows ?? []);
  const most = Math.min(gate.limits.maxScanRows ?? Number.POSITIVE_INFINITY, ...bounds);
  if (most === Number.POSITIVE_INFINITY) return;
  let rows = 0;
  for (const relation of bound.relations.values()) {
    // A dataset that stands in several places is read in each.
    if (relation.kind === 'dataset') rows += gate.metadata.rowsOf(relation.dataset) ?? 0;
  }
  if (rows > most)
    throw new SluiceError('scan_too_large', undefined, {
      hint: `The datasets of one query may have ${most} rows together; conditions do not count.`,
    });
}
