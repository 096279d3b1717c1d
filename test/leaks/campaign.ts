/** Runs a range of cases of one seed, world by world, and stops a world at its first leak: the rest of it would repeat it. */
import { SluiceError } from '../../src/errors.ts';
import { note } from './coverage.ts';
import { makeLongQuery } from './grammar/long.ts';
import { makeQuery, type Query } from './grammar/queries.ts';

import { makeLongWorld } from './long.ts';
import { load, type OracleOptions, type Verdict } from './oracle.ts';
import { type Random, random } from './random.ts';
import type { Stand } from './stand.ts';
import { count, emptyTally, type Tally } from './tally.ts';
import type { Case, World } from './world.ts';
import { makeWorld } from './worlds.ts';

export interface Campaign {
  readonly seed: string;
  readonly firstWorld: number;
  readonly worlds: number;
  readonly perWorld: number;
  readonly oracle: OracleOptions;
  /** Leaks after which it ends. */
  readonly maxLeaks: number;
}

export interface Finding {
  readonly at: string;
  readonly found: Case;
  readonly verdict: Extract<Verdict, { kind: 'leak' }>;
}

export interface CampaignResult {
  readonly tally: Tally;
  readonly findings: readonly Finding[];
}

/** Of so many worlds one has a long one besides, for a quarter as many cases. */
const LONG_EVERY = 5;
const LONG_AT = 4;

export async function runCampaign(
  campaign: Campaign,
  stand: Stand,
  trying: (at: string) => void = () => {},
): Promise<CampaignResult> {
  const tally = emptyTally();
  const findings: Finding[] = [];
  const before = process.cpuUsage();
  for (let w = 0; w < campaign.worlds && findings.length < campaign.maxLeaks; w++) {
    for (const { world, name, first, cases, query } of partsOf(campaign, campaign.firstWorld + w, stand)) {
      const loaded = await load(world, stand, campaign.oracle);
      for (let q = first; q < first + cases; q++) {
        trying(`${name}:${q}`);
        const { sql, params } = query(world, random(`${name}:${q}`));
        const verdict = await faultsAreLeaks(() => loaded.judge(sql, params));
        count(verdict, tally);
        if (verdict.kind === 'equal') note(verdict.statement, tally.seen);
        if (verdict.kind !== 'leak') continue;
        findings.push({ at: `${name}:${q}`, found: { world, sql, params }, verdict });
        break;
      }
    }
  }
  const { user, system } = process.cpuUsage(before);
  tally.cpuMs = (user + system) / 1000;
  return { tally, findings };
}

export interface Part {
  readonly name: string;
  readonly world: World;
  /** Where the numbers of its cases begin. */
  readonly first: number;
  readonly cases: number;
  readonly query: (world: World, random: Random) => Query;
}

/** A long world's cases are numbered after the others: those stay what they were before there were long ones. */
export function partsOf(
  { seed, perWorld }: Pick<Campaign, 'seed' | 'perWorld'>,
  at: number,
  { engine }: Pick<Stand, 'engine'>,
): readonly Part[] {
  const name = `${seed}:${at}`;
  const world = makeWorld(engine, random(name));
  const ordinary: Part = { name, world, first: 0, cases: perWorld, query: makeQuery };
  if (at % LONG_EVERY !== LONG_AT) return [ordinary];
  const long = makeLongWorld(engine, random(`${name}:long`));
  const cases = Math.ceil(perWorld / 4);
  return [ordinary, { name, world: long, first: perWorld, cases, query: makeLongQuery }];
}

/** A stage that fails on what the guard let through is a fault of the gate, and a finding like any other. */
export async function faultsAreLeaks(judge: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await judge();
  } catch (error) {
    const why = error instanceof SluiceError ? `a stage failed: ${error.code}` : 'a stage threw';
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    return { kind: 'leak', why, detail: `${String(error)}\n${cause}` };
  }
}
