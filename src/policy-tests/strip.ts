/**
 * The strip check: a case that would pass with enforcement off guards nothing, and a policy that could go without any case
 * failing is not tested. Only decisions that differ are asked for again, so the check costs little more than the tests.
 */
import type { PolicySummary, SourceRef } from '../policies/policy.ts';
import type { Asked, Bench } from './bench.ts';
import type { TestCase } from './case.ts';
import { compare } from './compare.ts';
import type { Outcome } from './outcome.ts';
import { OFF, type Rules } from './rules.ts';

/**
 * guards: fails with enforcement off. control: shows that somebody may see something, so it passes then too.
 * idle: passes then too, though it expects a refusal or its answer was narrowed: it tests nothing.
 */
export type Verdict =
  | { readonly kind: 'guards' | 'control' | 'left out' }
  | { readonly kind: 'idle'; readonly why: string };

export interface PolicyNotice {
  readonly policy: string;
  readonly effect: string;
  readonly source: SourceRef;
  /** Names of the first cases that fail without it; empty where none does. */
  readonly noticedBy: readonly string[];
  /** Whether the suite says that no case can notice it yet. */
  readonly preventive: boolean;
  /** How many cases are decided otherwise without it. */
  readonly touched: number;
  /** Whether a case fails once nobody is exempt; null where nobody is, and where that is told by `noticedBy` already. */
  readonly exemptionNoticed: boolean | null;
}

export interface Strip {
  /** Parallel to the cases. */
  readonly verdicts: readonly Verdict[];
  readonly policies: readonly PolicyNotice[];
}

export interface StripCase {
  readonly test: TestCase;
  readonly asked: Asked;
}

/** Names kept for each policy. */
const MOST_NAMES = 3;

export interface StripOptions {
  /** Those that hold under the rules as pushed. */
  readonly cases: readonly StripCase[];
  /** Ids of policies that no case can notice yet. */
  readonly preventive: readonly string[];
  readonly bench: Bench;
  readonly onStep: (text: string) => void;
}

export async function stripCheck({ cases, preventive, bench, onStep }: StripOptions): Promise<Strip> {
  const fails = async ({ test, asked }: StripCase, rules: Rules): Promise<boolean> =>
    (await bench.differs(asked, rules)) &&
    compare(test.expect, (await bench.ask(test, rules)).outcome).length > 0;

  const guards: boolean[] = [];
  for (const [index, one] of cases.entries()) {
    onStep(`enforcement off: ${index + 1}/${cases.length} ${one.test.name}`);
    // The catalogue's own fences fall too, so the decisions alone do not tell.
    guards.push(compare(one.test.expect, (await bench.ask(one.test, OFF)).outcome).length > 0);
  }

  /** Positions of cases that fail once a policy, an exemption or a permission is gone. */
  const telling = new Set<number>();
  const policies: PolicyNotice[] = [];
  for (const policy of bench.snapshot.policies.policies) {
    onStep(`without ${policy.id}`);
    policies.push(await notice(policy));
  }

  async function notice({ id: policy, effect, source, definition }: PolicySummary): Promise<PolicyNotice> {
    const noticedBy: string[] = [];
    let touched = 0;
    const without: Rules = { kind: 'without policy', policy };
    for (const [index, one] of cases.entries()) {
      if (!(await bench.differs(one.asked, without))) continue;
      touched += 1;
      if (noticedBy.length >= MOST_NAMES && (guards[index] || telling.has(index))) continue;
      if (!(await fails(one, without))) continue;
      telling.add(index);
      if (noticedBy.length < MOST_NAMES) noticedBy.push(one.test.name);
    }
    return {
      policy,
      effect,
      source,
      noticedBy,
      preventive: preventive.includes(policy),
      touched,
      exemptionNoticed: await exemption(policy, definition),
    };
  }

  async function exemption(policy: string, definition: unknown): Promise<boolean | null> {
    if (typeof definition !== 'object' || definition === null || !('unless' in definition)) return null;
    const without: Rules = { kind: 'without exemption', policy };
    let noticed = false;
    for (const [index, one] of cases.entries()) {
      if (noticed && (guards[index] || telling.has(index))) continue;
      if (!(await fails(one, without))) continue;
      telling.add(index);
      noticed = true;
    }
    return noticed;
  }

  const verdicts = cases.map(({ test, asked }, index): Verdict => {
    if (test.strip === false) return { kind: 'left out' };
    if (guards[index]) return { kind: 'guards' };
    const why = telling.has(index) ? null : idleness(asked.outcome);
    return why === null ? { kind: 'control' } : { kind: 'idle', why };
  });
  return { verdicts, policies };
}

/** Why a case that passes under any rules should not; null for one that shows what its identity may do unhindered. */
function idleness(outcome: Outcome): string | null {
  if (outcome.kind === 'refused')
    return `it is refused with ${outcome.code} without any policy too; is the name right?`;
  const masked = outcome.columns.filter((column) => column.masked).map((column) => column.name);
  if (masked.length > 0)
    return `${masked.join(', ')}: masked, and the case would not notice if ${masked.length === 1 ? 'it was' : 'they were'} not`;
  if (outcome.filtered.length > 0)
    return `rows of ${outcome.filtered.join(', ')} are filtered, and the case would not notice if they were not`;
  return null;
}
