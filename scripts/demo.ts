/** `npm start`: builds the example's warehouse, pushes its metadata, opens the gate, and says what to try. Arguments go to `sluice serve`. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildWarehouse } from '../examples/energy-community/build-warehouse.ts';

const root = join(import.meta.dirname, '..');
const example = 'examples/energy-community';
const sluice = [join(root, 'src/main.ts'), '--config', join(root, example)];

const { stdout, stderr } = process;

/** One line that changes on a terminal; elsewhere only its last state is said. */
function progress(text: string): void {
  if (stderr.isTTY) stderr.write(`\r\u001b[K… ${text}`);
}

function say(text: string): void {
  stderr.write(`${stderr.isTTY ? '\r\u001b[K' : ''}${text}\n`);
}

if (!stderr.isTTY) say('… building the example warehouse, unless it is there');
const { built } = await buildWarehouse({
  onProgress: ({ done, total, name }) =>
    progress(`building the example warehouse: ${done} of ${total}, ${name}`),
});
say(built ? '✓ the example warehouse is built' : '✓ the example warehouse is there');

const pushed = spawnSync(process.execPath, [...sluice, 'push'], { stdio: 'inherit' });
if (pushed.status !== 0) process.exit(pushed.status ?? 1);

// The log would hide what to try: warnings only, unless someone asks for more.
const env = { SLUICE_LOG: 'warn', ...process.env };
const args = [...sluice, 'serve', ...process.argv.slice(2)];
const gate = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'pipe'], env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => gate.kill(signal));
gate.on('exit', (code) => process.exit(code ?? 1));

// npm hands a signal to the shell between it and this process, where it ends: the gate must not outlive them.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) gate.kill('SIGTERM');
}, 500).unref();

let address: string | undefined;
createInterface({ input: gate.stderr }).on('line', (line) => {
  address ??= /the gate is open at (\S+)/.exec(line)?.[1];
  const personas = /personas at \S+: (.+)/.exec(line)?.[1];
  if (address !== undefined && personas !== undefined) stdout.write(welcome(address, personas));
  else if (!line.includes('the gate is open at')) stderr.write(`${line}\n`);
});

function welcome(at: string, personas: string): string {
  const command = `npx sluice --config ${example}`;
  const server = at.endsWith(':8080') ? '' : ` --server ${at}`;
  const members = 'SELECT * FROM gold.members ORDER BY member_id LIMIT 3';
  const counts = 'SELECT community, count(*) AS members FROM gold.members GROUP BY community';
  const token = `$(${command} token --as intern)`;
  return `
Sluice is open at ${at}   (its interface: ${at}/docs)
Personas, all invented: ${personas}

Three commands to try, from another terminal in this folder:

  ${command} query "${members}" --as analyst${server}
  ${command} query "${members}" --as officer${server}
  curl -s ${at}/v1/query -H "Authorization: Bearer ${token}" -H "Content-Type: application/json" -d '{"sql": "${counts}"}'

Ctrl-C closes the gate.
`;
}
