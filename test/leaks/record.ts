/** The checked-in record of campaigns: which cases of which seed were run on what commit, so that later runs go on from there. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import { accepted, type Tally } from './tally.ts';

export interface Run {
  readonly engine: EngineKind;
  readonly seed: string;
  /** The first world of the seed, and how many. */
  readonly first: number;
  readonly worlds: number;
  readonly cases: number;
  readonly accepted: number;
  readonly compared: number;
  readonly undetermined: number;
  readonly leaks: number;
  readonly crashes: number;
  readonly commit: string;
  readonly date: string;
  /** What looked like a leak and was none, and why. */
  readonly note?: string;
}

const FILE = join(import.meta.dirname, 'record.json');

export function recorded(): readonly Run[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Run[];
}

/** The first world of the seed that no recorded run has judged. */
export function nextWorld(engine: EngineKind, seed: string): number {
  const ends = recorded()
    .filter((run) => run.engine === engine && run.seed === seed)
    .map(({ first, worlds }) => first + worlds);
  return Math.max(0, ...ends);
}

/** @param commit what was run; null to ask git. */
export function append(
  run: Pick<Run, 'engine' | 'seed' | 'first' | 'worlds' | 'crashes'>,
  tally: Tally,
  commit: string | null,
): void {
  const { engine, seed, first, worlds, crashes } = run;
  const entry: Run = {
    engine,
    seed,
    first,
    worlds,
    cases: tally.cases,
    accepted: accepted(tally),
    compared: tally.equal,
    undetermined: tally.undetermined,
    leaks: tally.leaks,
    crashes,
    commit: commit ?? head(),
    date: new Date().toISOString().slice(0, 10),
  };
  writeFileSync(FILE, `${JSON.stringify([...recorded(), entry], null, 2)}\n`);
}

function head(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  }).trim();
}
