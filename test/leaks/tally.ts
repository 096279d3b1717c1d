/** What a run saw, so that several workers' figures can be added. */
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import { covered, GROUPS, nothingSeen, type Seen } from './coverage.ts';
import type { Verdict } from './oracle.ts';

export interface Tally {
  cases: number;
  equal: number;
  fenced: number;
  withRows: number;
  undetermined: number;
  leaks: number;
  /** Processor time, all threads; what remains comparable on a busy machine. */
  cpuMs: number;
  /** By code: refused alike, failed in the engine alike, and what one side alone failed with. */
  readonly refused: Record<string, number>;
  readonly failed: Record<string, number>;
  readonly seen: Seen;
}

export function emptyTally(): Tally {
  return {
    cases: 0,
    equal: 0,
    fenced: 0,
    withRows: 0,
    undetermined: 0,
    leaks: 0,
    cpuMs: 0,
    refused: {},
    failed: {},
    seen: nothingSeen(),
  };
}

export function count(verdict: Verdict, tally: Tally): void {
  tally.cases += 1;
  switch (verdict.kind) {
    case 'equal':
      tally.equal += 1;
      if (verdict.fenced) tally.fenced += 1;
      if (verdict.rows > 0) tally.withRows += 1;
      return;
    case 'refused':
      bump(tally.refused, verdict.code);
      return;
    case 'failed':
      bump(tally.failed, verdict.side === 'both' ? verdict.code : `${verdict.code} on ${verdict.side} alone`);
      return;
    case 'undetermined':
      tally.undetermined += 1;
      return;
    case 'leak':
      tally.leaks += 1;
      return;
    default:
      verdict satisfies never;
  }
}

function bump(counts: Record<string, number>, key: string, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by;
}

export function add(tally: Tally, other: Tally): void {
  tally.cases += other.cases;
  tally.equal += other.equal;
  tally.fenced += other.fenced;
  tally.withRows += other.withRows;
  tally.undetermined += other.undetermined;
  tally.leaks += other.leaks;
  tally.cpuMs += other.cpuMs;
  for (const [key, n] of Object.entries(other.refused)) bump(tally.refused, key, n);
  for (const [key, n] of Object.entries(other.failed)) bump(tally.failed, key, n);
  for (const group of GROUPS) for (const name of other.seen[group]) tally.seen[group].add(name);
}

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, n) => sum + n, 0);
const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort((a, b) => b[1] - a[1])
    .map(([key, n]) => `${key} ${n}`)
    .join(', ');

/** Cases whose text the gate let through. */
export function accepted(tally: Tally): number {
  return tally.cases - total(tally.refused);
}

/** @param engine whose constructs could have been reached.
 * @param names how many of the constructs that were not reached are named. */
export function report(tally: Tally, engine: EngineKind, names: number): string {
  const share = (n: number): string => `${n} (${((100 * n) / Math.max(1, tally.cases)).toFixed(1)} %)`;
  const lines = [
    `cases         ${tally.cases}`,
    `accepted      ${share(accepted(tally))}`,
    `compared      ${share(tally.equal)}, ${tally.withRows} of them with rows, ${tally.fenced} behind a fence`,
    `refused alike ${share(total(tally.refused))}${total(tally.refused) > 0 ? `: ${listed(tally.refused)}` : ''}`,
    `failed alike  ${share(total(tally.failed))}${total(tally.failed) > 0 ? `: ${listed(tally.failed)}` : ''}`,
    `undetermined  ${share(tally.undetermined)}`,
    `leaks         ${tally.leaks}`,
    `cost          ${(tally.cpuMs / Math.max(1, tally.cases)).toFixed(1)} ms of processor time a case`,
  ];
  for (const { group, seen, all, missing } of covered(tally.seen, engine)) {
    const some = missing.slice(0, names).join(', ');
    const more = missing.length > names ? ', …' : '';
    lines.push(
      `coverage      ${group} ${seen} of ${all}${missing.length > 0 && names > 0 ? `; not ${some}${more}` : ''}`,
    );
  }
  return lines.join('\n');
}
