/** The one way into the audit log: an event with exactly the contract's fields, bounded in size, free of tokens. */
import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import type { AuditEvent } from './event.ts';

/** JSON Web Tokens by their shape: header and payload both start as base64url of `{"`. A caller can put one anywhere. */
const TOKEN = /eyJ[\w-]{8,}\.(?:eyJ[\w-]{8,}\.?|[\w-]{8,}\.)[\w-]*/g;

/** Text that a caller influences: cut to `max` characters so that no request can bloat the log, tokens blacked out. */
const text = (max: number) => z.string().transform((value) => cleanText(value, max));

/** @param max UTF-16 units */
export function cleanText(value: string, max: number): string {
  const whole = value.length > max ? `${value.slice(0, max - 1)}…` : value;
  const clean = whole.includes('eyJ') ? whole.replace(TOKEN, '[token]') : whole;
  // A lone surrogate has no UTF-8 form: it would come back from the file as another character.
  return clean.isWellFormed() ? clean : clean.toWellFormed();
}

const MAX_SUBJECT = 1024;

/**
 * Whether the log tells this subject or issuer from every other one: a text that is cut, blacked out or mended on its way
 * in, or looks as if it had been, may be another's.
 */
export function isTold(value: string): boolean {
  return (
    value.length < MAX_SUBJECT && cleanText(value, MAX_SUBJECT) === value && !/\[token\]|\ufffd/.test(value)
  );
}

/** Names that the gate itself makes: one that is too long is a fault, not something to cut. */
const name = z.string().refine((value) => value.length <= 1024 && value.isWellFormed());
const names = z.array(name).max(10_000);
const count = z.int().min(0);

const eventSchema = z.strictObject({
  time: z.iso.datetime({ precision: 3 }),
  request_id: name.min(1),
  event: z.enum(['query', 'decision', 'push', 'grant', 'request', 'login', 'admin']),
  subject: z.strictObject({ sub: text(MAX_SUBJECT), kind: name, issuer: text(MAX_SUBJECT).nullable() }),
  on_behalf_of: z.strictObject({ sub: text(MAX_SUBJECT), issuer: text(MAX_SUBJECT).nullable() }).optional(),
  prior_actors: z
    .array(z.strictObject({ sub: text(MAX_SUBJECT), issuer: text(MAX_SUBJECT).nullable() }))
    .max(20)
    .optional(),
  action: name,
  datasets: names,
  columns: names.optional(),
  project: text(256).optional(),
  purpose: text(256).optional(),
  decision: z.enum(['allow', 'deny']),
  reasons: names,
  policy_ids: names,
  snapshot: name.nullable(),
  sql_fingerprint: name.nullable(),
  sql_normalised: text(65_536).nullable(),
  error_code: name.optional(),
  rows: count,
  bytes: count,
  duration_ms: z.number().min(0),
  engine: name.nullable(),
  client: z.strictObject({ ip: text(64).nullable(), door: name, user_agent: text(512).nullable() }),
});

/** Names of an event's fields. */
export const EVENT_FIELDS = Object.keys(eventSchema.shape);

/** Returns the event as it may be stored. Throws audit_unavailable: what cannot be recorded must not happen. */
export function checkEvent(event: AuditEvent): AuditEvent {
  const result = eventSchema.safeParse(event);
  if (!result.success) {
    const where = result.error.issues.map((issue) => issue.path.join('.') || issue.code);
    throw new SluiceError('audit_unavailable', 'The audit record is not in the form that the log accepts', {
      details: where,
      cause: result.error,
    });
  }
  return result.data;
}
