/** What the spines need of the room: where requests are kept, who decides them, how much may be asked, and how it is told. */
import type { Letter, Outbox } from '../store/outbox.ts';
import type { RequestStore } from '../store/requests.ts';
import type { Person } from './grant.ts';
import type { AccessRequest } from './request.ts';
import type { Requirement, Routes } from './routing.ts';

export interface Requests {
  readonly store: RequestStore;
  readonly routes: Routes;
  /** Seconds. */
  readonly maxDuration: number;
  /** Open requests of one subject at once, and new ones in an hour. */
  readonly maxOpen: number;
  readonly maxHourly: number;
  readonly outbox: Pick<Outbox, 'list'>;
  /** What is to be told of it, and to whom; it is put where the change itself is put. */
  lettersFor(happened: Happened): readonly Letter[];
  /** Letters are waiting. */
  nudge(): void;
}

export const HAPPENINGS = [
  'asked',
  'approved',
  'denied',
  'withdrawn',
  'revoked',
  'expiring',
  'expired',
] as const;

/** `at` in epoch seconds. */
export type Happened = { readonly at: number; readonly request: AccessRequest } & (
  | { readonly kind: 'asked'; readonly requirements: readonly Requirement[] }
  | { readonly kind: 'approved'; readonly grant: { readonly id: string; readonly until: number } }
  | { readonly kind: 'denied' | 'withdrawn' }
  | {
      readonly kind: 'revoked' | 'expiring' | 'expired';
      readonly grant: { readonly id: string; readonly until: number };
      readonly by: Person | null;
    }
);
