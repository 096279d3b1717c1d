/** Run under a limit on file size: pushes too much, reads, pushes little, and prints what happened. */
import { randomBytes } from 'node:crypto';
import { SluiceError } from '../../src/errors.ts';
import { openStore } from '../../src/store/open-store.ts';

// Without a handler the kernel would end the process instead of failing the write.
process.on('SIGXFSZ', () => {});

const store = await openStore(`sqlite:${process.argv[2]}`);
const input = randomBytes(1_000_000).toString('hex');
const code = await store.saveSnapshot({ hash: 'h2', input, createdBy: 'ci' }).then(
  () => null,
  (error: unknown) => (error instanceof SluiceError ? error.code : String(error)),
);
const latest = await store.latestSnapshotHash();
await store.saveSnapshot({ hash: 'small', input: '{}', createdBy: 'ci' });
console.log(JSON.stringify({ code, latest, after: await store.latestSnapshotHash() }));
