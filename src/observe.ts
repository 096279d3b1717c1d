/** Everything that can be observed in a running gate, as one union: the log and the metrics each read it their way. */
import type { PdpObservation } from './access/opa/observation.ts';
import type { ShipperReport } from './audit/sinks/shipper.ts';
import type { EngineObservation } from './engines/engine.ts';
import type { Code } from './errors.ts';

/** The stages of a query whose time is told apart. */
export type StageName =
  | 'authenticate'
  | 'parse'
  | 'guard'
  | 'resolve'
  | 'decide'
  | 'rewrite'
  | 'verify'
  | 'audit'
  | 'engine';

/** Milliseconds, for the stages that were reached. */
export type StageTimes = Readonly<Partial<Record<StageName, number>>>;

/** None holds SQL text, a token, a parameter or a row. The cause of an `error` may: the log treats it so. */
export type Observation =
  | {
      readonly kind: 'request_served';
      readonly requestId: string;
      readonly door: string;
      readonly method: string;
      /** The route's template (`/v1/catalogue/:id`): paths are without number. Null where none matches. */
      readonly route: string | null;
      readonly status: number;
      readonly durationMs: number;
    }
  /** Refused, denied or failed, with what the caller was told. */
  | {
      readonly kind: 'request_failed';
      readonly requestId: string;
      readonly code: Code;
      readonly error: unknown;
    }
  | {
      readonly kind: 'query_decided';
      readonly requestId: string;
      readonly decision: 'allow' | 'deny';
      readonly datasets: number;
      readonly stages?: StageTimes;
    }
  /** Its rows have left, or as many as could: `code` says what ended it early. */
  | {
      readonly kind: 'query_finished';
      readonly requestId: string;
      readonly rows: number;
      readonly bytes: number;
      readonly durationMs: number;
      readonly code: Code | null;
    }
  /** What a push, or another process on the same state, made current. */
  | { readonly kind: 'snapshot_applied'; readonly etag: string; readonly datasets: number }
  /** A stored state that this gate cannot take over: it goes on with the last good one. */
  | { readonly kind: 'snapshot_refused'; readonly etag: string; readonly error: unknown }
  | { readonly kind: 'audit_failed'; readonly requestId: string | null; readonly error: unknown }
  /** Old events went; `heldBack`: some stay since a sink has not had them. */
  | { readonly kind: 'audit_retained'; readonly removed: number; readonly heldBack: boolean }
  | { readonly kind: 'audit_retention_failed'; readonly error: unknown }
  /** Who was seen could not be taken down: a plan will not know of them. */
  | { readonly kind: 'seen_failed'; readonly error: unknown }
  /** A receiver did not take it; `dead` was the last attempt. */
  | {
      readonly kind: 'notification_failed';
      readonly id: number;
      readonly channel: string;
      readonly attempts: number;
      readonly dead: boolean;
      readonly error: unknown;
    }
  /** Notifications could not be read from the state. */
  | { readonly kind: 'notifications_broken'; readonly error: unknown }
  /** An event sink has taken events, or has not; the lag is what it has yet to take. */
  | ShipperReport
  | { readonly kind: 'close_failed'; readonly error: unknown }
  /** The file of the configuration changed: `identity:` was taken over, or not; `restart` names what takes one. */
  | {
      readonly kind: 'config_reloaded';
      readonly identity: boolean;
      readonly restart: readonly string[];
    }
  /** A changed file that cannot be used: all stays as it was. */
  | { readonly kind: 'config_refused'; readonly error: unknown }
  | PdpObservation
  | EngineObservation;

export type Observe = (observation: Observation) => void;
