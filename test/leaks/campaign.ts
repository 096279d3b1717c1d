/** Runs a range of cases of one seed, world by world, and stops a world at its first leak: the rest of it would repeat it. */
import { SluiceError } from '../../src/errors.ts';
import { note } from './coverage.ts';
import { makeQuery } from './grammar/queries.ts';
import { load, type OracleOptions, type Verdict } from './oracle.ts';
import { random } from './random.ts';
import type { Stand } from './stand.ts';
import { count, emptyTally, type Tally } from './tally.ts';
import type { Case } from './world.ts';
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

export async function runCampaign(
  campaign: Campaign,
  stand: Stand,
  trying: (at: string) => void = () => {},
): Promise<CampaignResult> {
  const tally = emptyTally();
  const findings: Finding[] = [];
  const before = process.cpuUsage();
  for (let w = 0; w < campaign.worlds && findings.length < campaign.maxLeaks; w++) {
    const name = `${campaign.seed}:${campaign.firstWorld + w}`;
    const world = makeWorld(stand.engine, random(name));
    const loaded = await load(world, stand, campaign.oracle);
    for (let q = 0; q < campaign.perWorld; q++) {
      trying(`${name}:${q}`);
      const { sql, params } = makeQuery(world, random(`${name}:${q}`));
      const verdict = await faultsAreLeaks(() => loaded.judge(sql, params));
      count(verdict, tally);
      if (verdict.kind === 'equal') note(verdict.statement, tally.seen);
      if (verdict.kind !== 'leak') continue;
      findings.push({ at: `${name}:${q}`, found: { world, sql, params }, verdict });
      break;
    }
  }
  const { user, system } = process.cpuUsage(before);
  tally.cpuMs = (user + system) / 1000;
  return { tally, findings };
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
