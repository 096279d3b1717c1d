/** Who read which dataset and column, how often and for which purpose, day by day, out of the warehouse of the audit. */
import { LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { withWarehouse } from './warehouse.ts';

export interface UsageAsked {
  /** ISO 8601; `to` is the first moment that no longer counts. */
  readonly from: string;
  readonly to: string;
  /** Null for all. */
  readonly datasets: readonly string[] | null;
  /** Whose use, also what was done on their behalf; null for everybody's. Of another's datasets only one's own, of those in `owned` everybody's. */
  readonly subject: { readonly sub: string; readonly issuer: string } | null;
  readonly owned: readonly string[];
  /** Rows at most; one more is read to tell. */
  readonly limit: number;
}

/** One dataset, one subject, one purpose and project, one day. */
export interface UsageRow {
  /** `2026-03-31`, UTC. */
  readonly day: string;
  readonly dataset: string;
  readonly subject: { readonly sub: string; readonly kind: string; readonly issuer: string | null };
  readonly purpose: string | null;
  readonly project: string | null;
  readonly queries: number;
  readonly denied: number;
  /** Of the queries' answers, other datasets' among them. */
  readonly rows: number;
  /** Columns that were read, with the number of queries that did. */
  readonly columns: readonly { readonly name: string; readonly queries: number }[];
}

/**
 * A query that was allowed has a `decision` event, and a `query` event once it has ended; one that was refused has the
 * latter alone. Some ends are lost with a gate that is killed: counted is what was decided.
 */
const USAGE = `
WITH seen AS (
  SELECT d.* FROM main.audit_datasets d
  WHERE d.time >= $from::TIMESTAMPTZ AND d.time < $to::TIMESTAMPTZ AND d.action = 'query'
    AND ($all OR list_contains($datasets, d.dataset))
    AND ($everybody OR list_contains($owned, d.dataset)
         OR (d.subject_sub = $sub AND d.subject_issuer = $issuer)
         OR (d.on_behalf_of_sub = $sub AND d.on_behalf_of_issuer = $issuer))
),
used AS (
  SELECT s.time::DATE AS day, s.dataset, s.subject_sub, s.subject_kind, s.subject_issuer, s.purpose, s.project,
    count(*) FILTER (s.event = 'decision' AND s.decision = 'allow') AS queries,
    count(*) FILTER (s.event = 'query' AND s.decision = 'deny') AS denied,
    coalesce(sum(a.rows) FILTER (s.event = 'query'), 0) AS released
  FROM seen s JOIN main.audit a USING (seq)
  GROUP BY ALL
),
named AS (
  SELECT c.time::DATE AS day, c.dataset, c.subject_sub, c.subject_issuer, c.purpose, c.project, c.column_name, count(*) AS times
  FROM main.audit_columns c SEMI JOIN seen USING (seq, dataset)
  GROUP BY ALL
),
listed AS (
  SELECT day, dataset, subject_sub, subject_issuer, purpose, project,
    to_json(list({'name': column_name, 'queries': times} ORDER BY times DESC, column_name)) AS columns
  FROM named GROUP BY ALL
)
SELECT strftime(u.day, '%Y-%m-%d'), u.dataset, u.subject_sub, u.subject_kind, u.subject_issuer, u.purpose, u.project,
  u.queries, u.denied, u.released, coalesce(l.columns, '[]')
FROM used u LEFT JOIN listed l
  ON u.day = l.day AND u.dataset = l.dataset AND u.subject_sub = l.subject_sub
  AND u.subject_issuer IS NOT DISTINCT FROM l.subject_issuer
  AND u.purpose IS NOT DISTINCT FROM l.purpose AND u.project IS NOT DISTINCT FROM l.project
-- Refusals name what was asked for, which its caller need not know of: they are told beside what was allowed alone.
WHERE u.queries > 0 OR (u.denied > 0 AND ($everybody OR list_contains($owned, u.dataset)))
ORDER BY u.day DESC, u.dataset, u.queries DESC, u.subject_sub, u.subject_issuer, u.purpose, u.project
LIMIT $limit`;

export function readUsage(database: string, asked: UsageAsked): Promise<readonly UsageRow[]> {
  const { from, to, datasets, subject, owned, limit } = asked;
  return withWarehouse(database, async (connection) => {
    await connection.run("SET TimeZone = 'UTC'");
    const values = {
      from,
      to,
      all: datasets === null,
      datasets: listValue([...(datasets ?? [])]),
      everybody: subject === null,
      owned: listValue([...owned]),
      sub: subject?.sub ?? '',
      issuer: subject?.issuer ?? '',
      limit: BigInt(limit + 1),
    };
    // The items of an empty list do not tell their type.
    const types = { datasets: LIST(VARCHAR), owned: LIST(VARCHAR) };
    const result = await connection.runAndReadAll(USAGE, values, types);
    return result.getRows().map((row) => {
      const text = (index: number) => (row[index] === null ? null : String(row[index]));
      return {
        day: String(row[0]),
        dataset: String(row[1]),
        subject: { sub: String(row[2]), kind: String(row[3]), issuer: text(4) },
        purpose: text(5),
        project: text(6),
        queries: Number(row[7]),
        denied: Number(row[8]),
        rows: Number(row[9]),
        columns: JSON.parse(String(row[10])) as UsageRow['columns'],
      };
    });
  });
}
