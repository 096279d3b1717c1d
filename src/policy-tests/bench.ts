/**
 * Asks cases of a gate in this process, through the spine that every door uses, under rules of one's choice. What leaves
 * the gate so is compared and never shown, but for the answers under the rules as pushed.
 */
import { randomUUID } from 'node:crypto';
import type { DecideOptions } from '../access/decide.ts';
import type { Decision } from '../access/decision.ts';
import { type Code, SluiceError } from '../errors.ts';
import { explain } from '../explain.ts';
import type { Gate } from '../gate.ts';
import { actingFor, identityFrom } from '../identity/given.ts';
import type { Identity } from '../identity/identity.ts';
import { query } from '../query.ts';
import type { Ask, Caller } from '../request/ask.ts';
import { emptyCaches } from '../request/plan-caches.ts';
import { teller } from '../request/teller.ts';
import type { Snapshot } from '../snapshot.ts';
import type { RoomStore } from '../store/clean-rooms.ts';
import { rowsToAsk, sqlOf, type TestCase } from './case.ts';
import { grantsGiven } from './grants-given.ts';
import type { Outcome } from './outcome.ts';
import {
  type Acted,
  actedIn,
  effectOf,
  OPEN_TO_ALL,
  type Rules,
  snapshotElsewhere,
  snapshotUnder,
} from './rules.ts';

export interface Asked {
  readonly outcome: Outcome;
  readonly environment: string;
  /** Each call to the decision point, with its answer: what decides under other rules is found without asking again. */
  readonly decided: readonly Decided[];
}

interface Decided {
  readonly options: DecideOptions;
  readonly decisions: ReadonlyMap<string, Decision>;
}

export interface Bench {
  readonly snapshot: Snapshot;
  /** @throws SluiceError usage for an unknown persona, and for faults that are no refusal */
  ask(test: TestCase, rules: Rules): Promise<Asked>;
  /** Whether the rules decide anything otherwise than what was pushed decided for this case. */
  differs(asked: Asked, rules: Rules): Promise<boolean>;
}

export interface BenchOptions {
  readonly gate: Gate;
  /** @throws SluiceError usage */
  readonly persona: (name: string) => Identity;
  /** Issuer of identities that are written out. */
  readonly issuer: string | null;
  /** As the audit names whoever runs the tests. */
  readonly operator: string;
}

/** What cases are asked of under one set of rules. */
interface Ground {
  readonly gate: Gate;
  readonly snapshot: Snapshot;
}

/** @throws SluiceError snapshot_missing, audit_unavailable: that tests are run is on record before the first one is */
export async function openBench(options: BenchOptions): Promise<Bench> {
  const { gate } = options;
  const state = await gate.metadata.current();
  await record(options, state.snapshot.hash);
  const environments = new Map([[gate.environment, state.snapshot]]);
  const grounds = new Map<string, Ground>();

  async function snapshotIn(environment: string): Promise<Snapshot> {
    const known = environments.get(environment);
    if (known !== undefined) return known;
    const { input } = await gate.metadata.content(state.etag);
    const made = snapshotElsewhere(environment, input.policyFiles, state.snapshot);
    environments.set(environment, made);
    return made;
  }

  async function groundOf(rules: Rules, environment: string): Promise<Ground> {
    const key = JSON.stringify([environment, rules]);
    const known = grounds.get(key);
    if (known !== undefined) return known;
    const snapshot = snapshotUnder(rules, await snapshotIn(environment));
    const current = { ...state, snapshot };
    const made: Ground = {
      snapshot,
      gate: {
        ...gate,
        environment,
        decider: rules.kind === 'off' ? OPEN_TO_ALL : gate.decider,
        // One state for all cases, whatever is pushed meanwhile.
        metadata: { ...gate.metadata, current: async () => current, loaded: () => snapshot },
        caches: emptyCaches(),
        // Whoever has the name of an identity is not charged for it, nor remembered for what it was answered.
        rooms: { ...gate.rooms, store: FORGETFUL },
        // Personas who never asked would be taken for readers; the one record above stands for all of this.
        audit: UNRECORDED,
        // The bench alone sees what stewards see.
        permits: () => true,
      },
    };
    grounds.set(key, made);
    return made;
  }

  function identityFor({ as, actor }: TestCase): Identity {
    const named = (one: NonNullable<typeof actor> | typeof as): Identity =>
      typeof one === 'string' ? options.persona(one) : identityFrom(one, options.issuer);
    if (actor === undefined) return named(as);
    return actingFor(named(as), named(typeof actor === 'string' ? actor : { ...ACTING, ...actor }));
  }

  return {
    snapshot: state.snapshot,
    async ask(test, rules) {
      const identity = identityFor(test);
      const decided: Decided[] = [];
      const environment = test.context?.environment ?? gate.environment;
      const { gate: base, snapshot } = await groundOf(rules, environment);
      const at = test.context?.time === undefined ? null : new Date(test.context.time);
      const asked: Gate = {
        ...base,
        authenticate: async () => identity,
        // What somebody was granted today is no part of what the policies say.
        grants: grantsGiven(test.grants ?? [], identity, snapshot),
        acknowledgements: GIVEN,
        ...(at === null ? {} : { now: () => at }),
        decider: {
          async decide(given) {
            const decisions = await base.decider.decide(given);
            decided.push({ options: given, decisions });
            return decisions;
          },
        },
      };
      return { outcome: await outcomeOf(test, actedIn(test, rules, snapshot), asked), environment, decided };
    },
    async differs({ decided, environment }, rules) {
      // A decision for one dataset follows from the policies that match that one.
      const touches = ({ options: given }: Decided): boolean =>
        !('policy' in rules) ||
        given.datasets.some(({ id }) =>
          given.policies.forDataset(id).some((policy) => policy.id === rules.policy),
        );
      const near = decided.filter(touches);
      if (near.length === 0) return false;
      const { gate: other, snapshot } = await groundOf(rules, environment);
      for (const { options: given, decisions } of near) {
        const others = await other.decider.decide({
          ...given,
          policies: snapshot.policies,
          snapshotHash: snapshot.hash,
        });
        for (const [id, decision] of decisions) {
          const otherwise = others.get(id);
          if (otherwise === undefined || effectOf(otherwise) !== effectOf(decision)) return true;
        }
      }
      return false;
    },
  };
}

/** Somebody else than who asks, also where neither has a name. */
const ACTING = { kind: 'service', sub: 'whoever-acts' } as const;

/** Nobody acknowledges for the identity of a test. */
const GIVEN: Gate['acknowledgements'] = {
  when: async () => new Date(0).toISOString(),
  save: async (_, at) => at,
};

const UNRECORDED: Gate['audit'] = {
  append: async () => {},
  note: async () => {},
  tail: async () => [],
  close: async () => {},
};

const FORGETFUL: RoomStore = {
  charge: async () => null,
  spent: async () => ({ queries: 0, epsilon: 0 }),
  spendingIn: async () => [],
  answersOf: async () => [],
  version: async () => null,
  saveVersion: async () => {},
  touch: async () => true,
  record: async () => true,
  remembers: async () => false,
  reset: async () => 0,
};

async function record({ gate, operator }: BenchOptions, snapshot: string): Promise<void> {
  const subject = { sub: operator, kind: 'user', issuer: null };
  const caller = { requestId: randomUUID(), client: { ip: null, door: 'cli', user_agent: null } };
  await teller({ event: 'admin', action: 'policy_tests', subject, caller }, gate)({ snapshot });
}

async function outcomeOf(test: TestCase, acted: Acted, gate: Gate): Promise<Outcome> {
  const caller: Caller = {
    requestId: randomUUID(),
    token: null,
    client: { ip: test.context?.client_ip ?? null, door: 'cli', user_agent: null },
    signal: new AbortController().signal,
    ...acted,
  };
  const ask: Ask = {
    text: { sql: sqlOf(test) },
    limit: Math.min(rowsToAsk(test), gate.limits.maxPageRows),
    ...(test.params ? { params: test.params } : {}),
  };
  try {
    const answer = await query(caller, ask, { mode: 'page', encoding: 'json' }, gate);
    const parts: Uint8Array[] = [];
    for await (const chunk of answer.chunks) parts.push(chunk.bytes);
    return {
      kind: 'answer',
      columns: answer.columns.map(({ name, masked }) => ({ name, masked })),
      rows: JSON.parse(`[${Buffer.concat(parts).toString()}]`) as unknown[][],
      hasMore: answer.end().page.has_more,
      filtered: answer.decisions.filter(({ filtered }) => filtered).map(({ dataset }) => dataset),
      maskKinds: wantsKinds(test) ? await maskKinds(caller, ask, gate) : null,
    };
  } catch (thrown) {
    if (!(thrown instanceof SluiceError) || OUTAGES.has(thrown.code)) throw thrown;
    return { kind: 'refused', status: thrown.status, code: thrown.code, message: thrown.message };
  }
}

/** What says nothing of the case: were it taken for a refusal, a policy would seem to be noticed. */
const OUTAGES: ReadonlySet<Code> = new Set([
  'engine_unavailable',
  'pdp_unavailable',
  'state_unavailable',
  'internal',
]);

const wantsKinds = ({ expect: { masked } }: TestCase): boolean =>
  masked !== undefined && !Array.isArray(masked);

async function maskKinds(
  caller: Caller,
  ask: Ask,
  gate: Gate,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { columns } = await explain(caller, ask, gate);
  return new Map(
    columns.map(({ name, from }) => [name, [...new Set(from.flatMap(({ masks }) => masks ?? []))]]),
  );
}
