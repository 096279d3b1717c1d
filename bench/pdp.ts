/** What it costs to decide on an OPA server instead of in process: one dataset and ten of them, asked anew and kept, one after the other and many at once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Table from 'cli-table3';
import { createDecider, type DecideOptions } from '../src/access/decide.ts';
import { buildContext } from '../src/access/input.ts';
import { loadServedBundle } from '../src/access/opa/served-bundle.ts';
import { partiesOf } from '../src/access/party.ts';
import { createPdp, type Pdp } from '../src/access/pdp.ts';
import { findPersona, identityOf } from '../src/identity/development/personas.ts';
import { config, loadSnapshot, personas } from '../test/example/load.ts';
import { ms, QUICK, quantile, report } from './report.ts';

const RUNS = QUICK ? 100 : 2000;
const AT_ONCE = 16;

function findOpa(): string | null {
  const places = [
    process.env.OPA,
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'opa')),
    join(homedir(), 'go', 'bin', 'opa'),
  ];
  return places.find((place) => place !== undefined && place !== '' && existsSync(place)) ?? null;
}

async function startServer(opa: string): Promise<{ url: string; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const bundle = join(folder, 'sluice.tar.gz');
  writeFileSync(bundle, await loadServedBundle().archive());
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  server.close();
  const url = `http://127.0.0.1:${port}`;
  const args = [
    'run',
    '--server',
    '--skip-version-check',
    '--log-level',
    'error',
    '--addr',
    `127.0.0.1:${port}`,
  ];
  const child = spawn(opa, [...args, '--bundle', bundle], { stdio: 'ignore' });
  for (let turn = 0; turn < 200; turn += 1) {
    if (
      await fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    await setTimeout(25);
  }
  return {
    url,
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function main(): Promise<void> {
  const opa = findOpa();
  if (opa === null) {
    console.log('OPA is not on this machine (OPA=…, PATH, ~/go/bin): nothing to compare with');
    return;
  }
  const server = await startServer(opa);
  const remote = createPdp({
    kind: 'opa',
    url: server.url,
    path: '/v1/data/sluice/batch',
    timeoutMs: 10_000,
    token: () => null,
    tls: {},
    connections: 8,
    cacheMs: 60_000,
    cacheable: false,
    breaker: { failures: 5, openMs: 1_000 },
    revision: loadServedBundle().revision,
    observe: () => {},
  });
  const embedded = createPdp({ kind: 'embedded' });
  const snapshot = loadSnapshot();
  const { policies } = snapshot;
  const identity = identityOf(findPersona(personas, 'analyst'), 'http://127.0.0.1:8081');
  const asked = (datasets: number): DecideOptions => {
    const chosen = snapshot.catalogue.datasets
      .filter(({ namespace }) => namespace === 'gold')
      .slice(0, datasets);
    return {
      parties: partiesOf(identity, () =>
        buildContext({ now: Date.now(), environment: config.environment, clientIp: null, policies }),
      ),
      datasets: chosen,
      policies,
      snapshotHash: snapshot.hash,
      action: 'query',
      request: {
        sql_tables: chosen.map(({ id }) => id),
        columns: [],
        limit: 100,
        offset: 0,
        formats: ['json'],
      },
    };
  };
  const table = new Table({ head: ['', 'median', 'p99', 'decisions/s'] });
  const medians = new Map<string, number>();

  async function measure(
    name: string,
    pdp: Pdp,
    datasets: number,
    kept: boolean,
    atOnce: number,
  ): Promise<void> {
    const decider = createDecider({ pdp, cacheSize: kept ? 10_000 : 0 });
    const options = asked(datasets);
    for (let turn = 0; turn < 20; turn += 1) await decider.decide(options);
    const took: number[] = [];
    const started = performance.now();
    const work = async (): Promise<void> => {
      for (let turn = 0; turn < RUNS / atOnce; turn += 1) {
        const from = performance.now();
        await decider.decide(options);
        took.push(performance.now() - from);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    const seconds = (performance.now() - started) / 1000;
    medians.set(name, quantile(took, 0.5));
    const rate = Math.round((took.length * datasets) / seconds);
    table.push([name, ms(quantile(took, 0.5)), ms(quantile(took, 0.99)), rate.toLocaleString('en')]);
  }

  try {
    for (const [where, pdp] of [
      ['in process', embedded],
      ['OPA server', remote],
    ] as const) {
      await measure(`${where}, 1 dataset, asked anew`, pdp, 1, false, 1);
      await measure(`${where}, 10 datasets, asked anew`, pdp, 10, false, 1);
      await measure(`${where}, 1 dataset, kept`, pdp, 1, true, 1);
      await measure(`${where}, 1 dataset, asked anew, ${AT_ONCE} at once`, pdp, 1, false, AT_ONCE);
    }
  } finally {
    await remote.close();
    await server.close();
  }
  console.log(table.toString());
  const cost = (name: string): string => ms(medians.get(name) ?? Number.NaN);
  for (const what of ['1 dataset, asked anew', '10 datasets, asked anew', '1 dataset, kept'])
    report(
      `decision of ${what}`,
      `in process ${cost(`in process, ${what}`)}, OPA server ${cost(`OPA server, ${what}`)}`,
    );
}

await main();
