/** The fields of an event and their types, in their order, for whoever hands events to DuckDB: the one list of them. */
import type { AuditEvent } from './event.ts';

export type Shape = string | readonly [Shape] | { readonly [field: string]: Shape };

const PERSON = { sub: 'VARCHAR', issuer: 'VARCHAR' } as const;

/** As `json_transform` takes it. A moment is the text that the log has. */
export const EVENT_SHAPE = {
  time: 'VARCHAR',
  request_id: 'VARCHAR',
  event: 'VARCHAR',
  subject: { sub: 'VARCHAR', kind: 'VARCHAR', issuer: 'VARCHAR' },
  on_behalf_of: PERSON,
  prior_actors: [PERSON],
  action: 'VARCHAR',
  datasets: ['VARCHAR'],
  columns: ['VARCHAR'],
  project: 'VARCHAR',
  purpose: 'VARCHAR',
  decision: 'VARCHAR',
  reasons: ['VARCHAR'],
  policy_ids: ['VARCHAR'],
  snapshot: 'VARCHAR',
  sql_fingerprint: 'VARCHAR',
  sql_normalised: 'VARCHAR',
  error_code: 'VARCHAR',
  rows: 'BIGINT',
  bytes: 'BIGINT',
  duration_ms: 'DOUBLE',
  engine: 'VARCHAR',
  client: { ip: 'VARCHAR', door: 'VARCHAR', user_agent: 'VARCHAR' },
} as const satisfies Readonly<Record<keyof AuditEvent, Shape>>;

/** As a type of SQL. */
export function typeOf(shape: Shape): string {
  if (typeof shape === 'string') return shape;
  if (isList(shape)) return `${typeOf(shape[0])}[]`;
  return `STRUCT(${Object.entries(shape)
    .map(([field, of]) => `${field} ${typeOf(of)}`)
    .join(', ')})`;
}

const isList = (shape: Exclude<Shape, string>): shape is readonly [Shape] => Array.isArray(shape);
