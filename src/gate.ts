/** What the spines need of the running gate; `open.ts` puts it together. Clock, keys and snapshot are handed over, never reached for. */
import type { Decider } from './access/decide.ts';
import type { ServedBundle } from './access/opa/served-bundle.ts';
import type { Pdp } from './access/pdp.ts';
import type { AuditLog } from './audit/event.ts';
import type { AuditReader } from './audit/search/reader.ts';
import type { SinkState } from './audit/sinks/states.ts';
import type { UsageAsked, UsageRow } from './audit-dataset/usage.ts';
import type { PublishRule } from './catalogue/publish.ts';
import type { Rooms } from './clean-room/rooms.ts';
import type { Engine } from './engines/engine.ts';
import type { SluiceError } from './errors.ts';
import type { Identity } from './identity/identity.ts';
import type { Provenance } from './identity/provenance.ts';
import type { TagRules } from './lineage/lineage.ts';
import type { Observe } from './observe.ts';
import type { Caller } from './request/ask.ts';
import type { PlanCaches } from './request/plan-caches.ts';
import type { Grants } from './requests/grant.ts';
import type { Requests } from './requests/requests.ts';
import type { TokenKeys } from './sql/rewrite/masks/token.ts';
import type { Metadata } from './state/metadata.ts';
import type { AcknowledgementStore } from './store/acknowledgements.ts';
import type { DenialStore } from './store/denials.ts';

/** Bounds on one request; sizes in bytes, times in milliseconds. */
export interface GateLimits {
  readonly pageRows: number;
  readonly maxPageRows: number;
  readonly maxStreamRows: number;
  /** Null where there is no bound. */
  readonly maxScanRows: number | null;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly sqlBytes: number;
}

export type Permission = 'steward' | 'publisher' | 'auditor';

/** What a push need not bring along. */
export interface PushDefaults {
  readonly engines: readonly string[];
  readonly publish: readonly PublishRule[];
  readonly searchPath: readonly string[];
  readonly prefix: string | null;
  /** `tags:` of the configuration. */
  readonly tagRules: TagRules;
}

export interface Gate {
  readonly environment: string;
  readonly limits: GateLimits;
  readonly defaults: PushDefaults;
  readonly keys: { readonly mask: Uint8Array; readonly tokens: TokenKeys; readonly cursor: Uint8Array };
  readonly audit: AuditLog;
  /** Reads back what `audit` wrote. */
  readonly auditReader: AuditReader;
  readonly pdp: Pdp;
  /** Whether other Rego than that of the default bundle may decide: it need not know of those who are only assumed. */
  readonly ownRego: boolean;
  /** The same, with what it answered before. */
  readonly decider: Decider;
  /** The Rego of the default bundle, for OPA servers to fetch. */
  readonly bundle: ServedBundle;
  readonly metadata: Metadata;
  readonly caches: PlanCaches;
  /**
   * @param caller for the audit, where somebody is refused whatever their token says
   * @throws SluiceError 2xxx; null is a caller without a token.
   */
  authenticate(token: string | null, caller?: Pick<Caller, 'requestId' | 'client'>): Promise<Identity>;
  /** Why somebody who was authenticated would be refused now; null where they would not. @throws SluiceError state_unavailable */
  refusalOf(identity: Identity): Promise<SluiceError | null>;
  /** Whose tokens are accepted. */
  issuers(): readonly string[];
  /** Which claims that identity was read from; null where nobody vouched for it. */
  provenanceOf(identity: Identity): Provenance | null;
  readonly denials: DenialStore;
  /** The personas of the development issuer, by name; none where there is no such issuer. */
  readonly personas: ReadonlyMap<string, Identity>;
  /** Whom the gate authenticated on that day (`2026-03-31`, UTC) or later, the latest first. */
  seenSince(day: string): Promise<readonly Identity[]>;
  permits(identity: Identity, permission: Permission): boolean;
  readonly acknowledgements: AcknowledgementStore;
  readonly grants: Grants;
  readonly rooms: Rooms;
  readonly requests: Requests;
  /** @throws SluiceError engine_unavailable */
  engine(name: string): Engine;
  /** Who read what, from the audit. @throws SluiceError engine_unavailable */
  usage(asked: UsageAsked): Promise<readonly UsageRow[]>;
  /** How far each sink of the audit has come. @throws SluiceError state_unavailable */
  sinks(): Promise<readonly SinkState[]>;
  readonly observe: Observe;
  now(): Date;
}
