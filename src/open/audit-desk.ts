/** The desk at which the owner of the state reads and keeps the audit, as the configuration has it. */
import { type AuditDesk, openAuditDesk } from '../audit-desk.ts';
import type { Config } from '../config.ts';
import { auditPath } from '../open.ts';
import type { Author } from '../request/on-record.ts';
import { openStore } from '../store/open-store.ts';
import { firstNeeded, keepOf } from './audit-keeping.ts';

/** No gate is opened. */
export function auditDeskOf(config: Config, author: Extract<Author, { kind: 'operator' }>): AuditDesk {
  return openAuditDesk(
    {
      path: auditPath(config),
      survives: config.audit.survives,
      signing: config.audit.signing,
      keepMs: () => keepOf(config),
      async firstNeeded() {
        const store = await openStore(config.state);
        try {
          return await firstNeeded(config, store, auditPath(config));
        } finally {
          await store.close();
        }
      },
    },
    author,
  );
}
