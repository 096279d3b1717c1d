/** The audit as tables: what each column is called, means, and is taken from. The one list that catalogue, warehouse and reference page share. */
import { EVENT_SHAPE } from '../audit/event-shape.ts';
import type { TypeFamily } from '../catalogue/dataset.ts';

export interface AuditColumn {
  readonly name: string;
  /** As the engine names it. */
  readonly type: 'bigint' | 'double' | 'varchar' | 'varchar[]' | 'timestamp with time zone';
  readonly description: string;
  /** DuckDB, over `e` (the event as a struct) and `seq`. */
  readonly from: string;
}

export interface AuditTable {
  readonly name: 'audit' | 'audit_datasets' | 'audit_columns';
  readonly description: string;
  readonly columns: readonly AuditColumn[];
  /** What is read for it: `incoming`, each row once or once for each item of a list. */
  readonly source: string;
}

const FAMILIES: Readonly<Record<AuditColumn['type'], TypeFamily>> = {
  bigint: 'integer',
  double: 'float',
  varchar: 'text',
  'varchar[]': 'list',
  'timestamp with time zone': 'timestamptz',
};

export const familyOf = ({ type }: AuditColumn): TypeFamily => FAMILIES[type];

/** What is read of each event; whatever else an event holds is left where it is. */
export const SHAPE = JSON.stringify(EVENT_SHAPE);

const column = (
  name: string,
  type: AuditColumn['type'],
  description: string,
  from = `e.${name}`,
): AuditColumn => ({ name, type, description, from });

const seq = column('seq', 'bigint', 'Position in the chain, from 1.', 'seq');
const time = column(
  'time',
  'timestamp with time zone',
  'When it happened.',
  'e.time::TIMESTAMP WITH TIME ZONE',
);
const requestId = column('request_id', 'varchar', 'Of the request; its events share it.');
const event = column('event', 'varchar', 'query, decision, push, grant, request, login or admin.');
const subject = [
  column('subject_sub', 'varchar', 'Who asked.', 'e.subject.sub'),
  column('subject_kind', 'varchar', 'user, service or anonymous.', 'e.subject.kind'),
  column('subject_issuer', 'varchar', 'Who vouched for them.', 'e.subject.issuer'),
];
const onBehalfOf = [
  column('on_behalf_of_sub', 'varchar', 'For whom, where not for themselves.', 'e.on_behalf_of.sub'),
  column('on_behalf_of_issuer', 'varchar', 'Who vouched for those.', 'e.on_behalf_of.issuer'),
];
const action = column('action', 'varchar', 'What was asked for: query, explain, push, …');
const circumstances = [
  column('project', 'varchar', 'The project acted in.'),
  column('purpose', 'varchar', 'The purpose named.'),
];
const decision = column('decision', 'varchar', 'allow or deny.');

/** Both ids and columns may hold dots: of the datasets of the event, the longest that the item begins with. */
const DATASET_OF = "list_max(list_filter(e.datasets, lambda d: starts_with(item, d || '.')))";

export const AUDIT_TABLES: readonly AuditTable[] = [
  {
    name: 'audit',
    description: 'Every event of the audit, one a row.',
    source: 'incoming',
    columns: [
      seq,
      time,
      requestId,
      event,
      ...subject,
      ...onBehalfOf,
      column(
        'prior_actor_subs',
        'varchar[]',
        'Who acted before the subject in the same cause, the latest first.',
        'list_transform(e.prior_actors, lambda a: a.sub)',
      ),
      action,
      column('datasets', 'varchar[]', 'Ids of the datasets; audit_datasets has them one a row.'),
      ...circumstances,
      decision,
      column('reasons', 'varchar[]', 'Reason codes.'),
      column('policy_ids', 'varchar[]', 'Policies that had a part in it.'),
      column('snapshot', 'varchar', 'Hash of the state that decided.'),
      column('sql_fingerprint', 'varchar', 'Equal for queries that differ in their values alone.'),
      column('sql_normalised', 'varchar', 'The query without its values.'),
      column('error_code', 'varchar', 'What the caller was told, where it was no.'),
      column('rows', 'bigint', 'Rows released.'),
      column('bytes', 'bigint', 'Bytes released.'),
      column('duration_ms', 'double', 'Milliseconds.'),
      column('engine', 'varchar', 'The engine that ran it.'),
      column('client_ip', 'varchar', 'Address of the client.', 'e.client.ip'),
      column('client_door', 'varchar', 'http, cli, …', 'e.client.door'),
      column('client_user_agent', 'varchar', 'What the client calls itself.', 'e.client.user_agent'),
    ],
  },
  {
    name: 'audit_datasets',
    description: 'Every event of the audit that concerns datasets, one row for each of them.',
    source: '(SELECT seq, e, unnest(e.datasets) AS item FROM incoming)',
    columns: [
      seq,
      time,
      column('dataset', 'varchar', 'Id of the dataset.', 'item'),
      requestId,
      event,
      ...subject,
      ...onBehalfOf,
      action,
      ...circumstances,
      decision,
    ],
  },
  {
    name: 'audit_columns',
    description: 'The columns that allowed queries read, one row for each of a query.',
    source: '(SELECT seq, e, unnest(e.columns) AS item FROM incoming)',
    columns: [
      seq,
      time,
      column('dataset', 'varchar', 'Id of the dataset.', DATASET_OF),
      column('column_name', 'varchar', 'The column, as it is compared.', `item[length(${DATASET_OF}) + 2:]`),
      requestId,
      ...subject,
      ...onBehalfOf,
      ...circumstances,
    ],
  },
];
