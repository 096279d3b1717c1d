/**
 * Remembers who was authenticated, so that a plan can say whom a change concerns: off the path of requests, once a day for
 * each identity and each set of facts, without display name and without token. A loss costs a plan a name, never a request.
 */
import { ANONYMOUS, type AttributeValue, type Identity, type IdentityKind } from './identity.ts';

/** What is kept of an identity; the store's row fits. */
export interface SeenRow {
  readonly issuer: string;
  readonly sub: string;
  readonly facts: string;
  readonly lastSeen: string;
}

export interface SeenOptions {
  readonly save: (
    rows: readonly SeenRow[],
    keep: { readonly since: string; readonly most: number },
  ) => Promise<void>;
  /** Days that an identity is kept after it was last seen; at 0 nothing is ever taken down. */
  readonly keepDays: number;
  readonly now: () => Date;
  /** Told of what could not be saved. */
  readonly failed: (error: unknown) => void;
  /** Milliseconds that the first of a batch waits for others. */
  readonly waitMs?: number;
}

/** Identities kept at most: a gate for more people than that plans with the latest of them. */
const MOST = 100_000;
/** Identities that may wait for the store. */
const MOST_WAITING = 10_000;

export interface SeenIdentities {
  /** Cheap where this very identity was noted today already. */
  note(identity: Identity): void;
  /** Saves what waits. */
  close(): Promise<void>;
}

export function rememberSeen(options: SeenOptions): SeenIdentities {
  const { save, keepDays, now, failed, waitMs = 2_000 } = options;
  const waiting = new Map<string, SeenRow>();
  let noted = new WeakSet<Identity>();
  let today = '';
  let timer: NodeJS.Timeout | undefined;
  // Whoever turns it off wants no trace of before either.
  if (keepDays === 0) void save([], { since: dayOf(now()), most: 0 }).catch(failed);

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const rows = [...waiting.values()];
    waiting.clear();
    if (rows.length > 0) await save(rows, { since: dayBefore(now(), keepDays), most: MOST }).catch(failed);
  }

  return {
    note(identity) {
      if (keepDays === 0 || identity.kind === 'anonymous' || identity.issuer === null) return;
      const day = dayOf(now());
      if (day !== today) {
        today = day;
        noted = new WeakSet();
      }
      if (noted.has(identity) || waiting.size >= MOST_WAITING) return;
      noted.add(identity);
      const { issuer, sub } = identity;
      waiting.set(JSON.stringify([issuer, sub]), { issuer, sub, facts: factsOf(identity), lastSeen: day });
      timer ??= setTimeout(() => void flush(), waitMs).unref();
    },
    close: flush,
  };
}

/** `2026-03-31`, UTC. */
export const dayOf = (time: Date): string => time.toISOString().slice(0, 10);

export function dayBefore(time: Date, days: number): string {
  return dayOf(new Date(time.getTime() - days * 86_400_000));
}

function factsOf({ kind, groups, roles, scopes, attributes }: Identity): string {
  return JSON.stringify({ kind, groups, roles, scopes, attributes });
}

/** The identity again; null where what was kept makes no sense. */
export function identityFromSeen({ issuer, sub, facts }: SeenRow): Identity | null {
  const read = parse(facts);
  if (read === null) return null;
  return { ...ANONYMOUS, ...read, sub, issuer };
}

type Facts = Pick<Identity, 'kind' | 'groups' | 'roles' | 'scopes' | 'attributes'>;

function parse(text: string): Facts | null {
  try {
    const { kind, groups, roles, scopes, attributes } = JSON.parse(text) as Partial<Facts>;
    if (!isKind(kind) || ![groups, roles, scopes].every(isTexts)) return null;
    if (typeof attributes !== 'object' || attributes === null) return null;
    return {
      kind,
      groups: groups ?? [],
      roles: roles ?? [],
      scopes: scopes ?? [],
      attributes: attributes as Readonly<Record<string, AttributeValue>>,
    };
  } catch {
    return null;
  }
}

const isKind = (value: unknown): value is IdentityKind => value === 'user' || value === 'service';
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
