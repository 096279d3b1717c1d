/** `npm start`: builds the example's warehouse, pushes its metadata, opens the gate, and says what to try. Arguments go to `sluice serve`. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildWarehouse } from '../examples/energy-community/build-warehouse.ts';

const root = join(import.meta.dirname, '..');
const example = 'examples/energy-community';
const sluice = [join(root, 'src/main.ts'), '--config', join(root, example)];

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const { built } = await buildWarehouse({
  onProgress: ({ done, total, name }) => say(`… ${done}/${total} ${name}`),
});
say(built ? '✓ the example warehouse is built' : '✓ the example warehouse is there');

const pushed = spawnSync(process.execPath, [...sluice, 'push'], { stdio: 'inherit' });
if (pushed.status !== 0) process.exit(pushed.status ?? 1);

const gate = spawn(process.execPath, [...sluice, 'serve', ...process.argv.slice(2)], {
  stdio: ['ignore', 'inherit', 'pipe'],
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => gate.kill(signal));
gate.on('exit', (code) => process.exit(code ?? 1));

let seen = '';
gate.stderr.on('data', (part: Buffer) => {
  process.stderr.write(part);
  if (seen === 'all') return;
  seen += part.toString();
  const address = /the gate is open at (\S+)/.exec(seen)?.[1];
  if (address === undefined) return;
  seen = 'all';
  process.stdout.write(welcome(address));
});

function welcome(address: string): string {
  const command = `npx sluice --config ${example}`;
  const server = address.endsWith(':8080') ? '' : ` --server ${address}`;
  return `
Sluice is open at ${address}   (interface: ${address}/docs)
Personas (invented): member, analyst, officer, intern, service, pipeline, external

Three commands to try, from another terminal in this folder:

  ${command} query "SELECT * FROM gold.members ORDER BY member_id LIMIT 3" --as analyst${server}
  ${command} query "SELECT * FROM gold.members ORDER BY member_id LIMIT 3" --as officer${server}
  curl -s ${address}/v1/query -H "Authorization: Bearer $(${command} token --as intern)" -H "Content-Type: application/json" -d '{"sql": "SELECT community, count(*) AS members FROM gold.members GROUP BY community"}'

Ctrl-C closes the gate.
`;
}
