/** A process that ships until it is killed: `ship.ts FOLDER URL`, to a file and to a webhook. */
import { join } from 'node:path';
import { startShipper } from '../../src/audit/sinks/shipper.ts';
import { openStore } from '../../src/store/open-store.ts';
import { common, INSTANCE } from './world.ts';

const [folder = '', url = ''] = process.argv.slice(2);
const state = `sqlite:${join(folder, 'state.db')}`;
const store = await openStore(state);
await startShipper({
  sinks: [
    { ...common, batch: 7, kind: 'file', name: 'file', path: join(folder, 'out.ndjson') },
    { ...common, batch: 5, kind: 'webhook', name: 'hook', url, secret: 'a secret of the receiver' },
  ],
  state,
  audit: join(folder, 'audit.db'),
  instance: INSTANCE,
  leaseMs: 500,
  cursors: store.sinks,
  report: () => {},
});
process.stdout.write('shipping\n');
setInterval(() => {}, 1_000);
