/**
 * A process that keeps an audit file: `keeper.ts PATH retain|index`. `retain` lets the 600 oldest events go, again and again,
 * and appends beside it, saying so on standard output first; `index` searches.
 */

import { readRow } from '../../src/audit/chain.ts';
import { followLog } from '../../src/audit/follow.ts';
import { openAuditLog } from '../../src/audit/log.ts';
import { retainAudit } from '../../src/audit/retain.ts';
import { openAuditReader } from '../../src/audit/search/reader.ts';
import { KEEPER } from './logs.ts';
import { sampleEvent } from './sample.ts';

const [path = '', work = ''] = process.argv.slice(2);

if (work === 'index') {
  const reader = openAuditReader({ path });
  await reader.find({ filter: { subject: 'ana' }, concerning: [], before: null, limit: 1 });
  process.stdout.write('found\n');
} else {
  const log = await openAuditLog({ path, survives: 'process_death', busyTimeoutMs: 10_000 });
  const oldest = () => Date.parse(followLog(path).after(0, 1).map(readRow)[0]?.time ?? '');
  for (;;) {
    const now = new Date(oldest() + 3_600_000 + 600);
    process.stdout.write('retaining\n');
    const appending = log.append(
      sampleEvent('more', { time: new Date(now.getTime() + 3_600_000_000).toISOString() }),
    );
    await retainAudit(path, {
      keeper: KEEPER,
      signer: null,
      now,
      keepMs: 3_600_000,
      firstNeeded: null,
      dryRun: false,
      atOnce: 20,
    });
    await appending;
  }
}
