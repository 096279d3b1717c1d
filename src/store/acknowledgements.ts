/** Who acknowledged which version of which text, and when. Nothing is forgotten: an old version is proof of what was known then. */
import type { DatabaseSync } from 'node:sqlite';

export interface Acknowledged {
  readonly issuer: string;
  readonly sub: string;
  readonly project: string;
  readonly purpose: string;
  readonly version: string;
}

export interface AcknowledgementStore {
  /** When it was acknowledged first (ISO 8601), null where it never was. Cheap: every request for a purpose asks. */
  when(acknowledged: Acknowledged): Promise<string | null>;
  /** The moment that counts: that of the first time. Resolves once it is durable. */
  save(acknowledged: Acknowledged, at: string): Promise<string>;
}

/** @param guarded runs a piece of work, and says of each failure that the state is not available */
export function acknowledgementStore(
  db: DatabaseSync,
  guarded: <T>(work: () => Promise<T>) => Promise<T>,
): AcknowledgementStore {
  const find = db.prepare(
    'SELECT at FROM acknowledgements WHERE issuer = ? AND sub = ? AND project = ? AND purpose = ? AND version = ?',
  );
  const insert = db.prepare(
    `INSERT INTO acknowledgements (issuer, sub, project, purpose, version, at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const at = ({ issuer, sub, project, purpose, version }: Acknowledged): string | null => {
    const row = find.get(issuer, sub, project, purpose, version);
    return row === undefined ? null : String(row.at);
  };
  return {
    when: (one) => guarded(async () => at(one)),
    save: (one, now) =>
      guarded(async () => {
        insert.run(one.issuer, one.sub, one.project, one.purpose, one.version, now);
        return at(one) ?? now;
      }),
  };
}
