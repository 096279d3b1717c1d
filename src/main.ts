/**
 * The entry point: hands the parts of the gate to the command line, and ends with its exit code. Parts are loaded when
 * a command needs them: help, usage and what goes to a running gate should not wait for an engine.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Config, loadConfig } from './config.ts';
import { type GateClient, httpClient, inProcessClient } from './doors/cli/client.ts';
import { runCli } from './doors/cli/program.ts';
import { terminalOn } from './doors/cli/terminal.ts';
import type { PushFiles, PushSummary, Wiring } from './doors/cli/wiring.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import { runningGate } from './main/running-gate.ts';
import { askedToEnd, interrupted } from './main/signals.ts';
import type { Observe } from './observe.ts';
import type { OpenGate } from './open.ts';
import type { Author } from './request/on-record.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const cwd = process.cwd();
const silent: Observe = () => {};

function configAt(path: string | undefined): Config {
  const given = resolve(cwd, path ?? process.env.SLUICE_CONFIG ?? '.');
  const file = existsSync(given) && statSync(given).isDirectory() ? join(given, 'sluice.yml') : given;
  return loadConfig(file, process.env);
}

function operator(): string {
  return `operator:${userInfo().username}`;
}

async function pushInto(
  open: OpenGate,
  config: Config,
  files: PushFiles,
  onStep: (text: string) => void,
): Promise<PushSummary> {
  const [{ readArtifacts }, { pushAsOperator }] = await Promise.all([
    import('./state/artifacts.ts'),
    import('./push.ts'),
  ]);
  onStep('reading the artifacts');
  const content = readArtifacts(config, absolute(files));
  onStep('building the snapshot');
  return pushAsOperator(operator(), localCaller(), content, { dryRun: files.dryRun, onStep }, open.gate);
}

const localCaller = () => ({
  requestId: randomUUID(),
  client: { ip: null, door: 'cli', user_agent: null },
});

function absolute(files: PushFiles): PushFiles {
  const at = (path: string | undefined) => (path === undefined ? {} : resolve(cwd, path));
  const { manifest, catalog, policies, catalogue, dryRun } = files;
  return {
    dryRun,
    ...(manifest === undefined ? {} : { manifest: at(manifest) as string }),
    ...(catalog === undefined ? {} : { catalog: at(catalog) as string }),
    ...(policies === undefined ? {} : { policies: at(policies) as string }),
    ...(catalogue === undefined ? {} : { catalogue: at(catalogue) as string }),
  };
}

async function connect(config: Config, server: string | undefined): Promise<GateClient> {
  if (server !== undefined) return httpClient(server);
  const { instanceOf, openGate } = await import('./open.ts');
  const running = await runningGate(config, await instanceOf(config));
  if (running !== null) return httpClient(running);
  const open = await openGate(config, { observe: silent, role: 'cli' });
  const { limits } = config;
  const { createHttpDoor } = await import('./doors/http/server.ts');
  const metrics = () => Promise.resolve({ type: 'text/plain', text: '' });
  const door = await createHttpDoor({
    gate: open.gate,
    door: 'cli',
    health: { ready: open.ready, instance: open.instance, metrics },
    bodyBytes: limits.body_bytes,
    pushBytes: limits.push_bytes,
    version,
  });
  return inProcessClient(door, async () => {
    await door.close();
    await open.close();
  });
}

/** A gate on the state beside sluice.yml, for whoever owns it. */
async function withOwner<T>(config: Config, run: (author: Author, gate: Gate) => Promise<T>): Promise<T> {
  const { openGate } = await import('./open.ts');
  const open = await openGate(config, { observe: silent, role: 'cli' });
  try {
    return await run({ kind: 'operator', name: operator(), caller: localCaller() }, open.gate);
  } finally {
    await open.close();
  }
}

const wiring: Wiring = {
  cwd,
  version,
  terminal: terminalOn(process.stdout, process.stderr, (error) => {
    process.stderr.write(`The output cannot be written: ${error.message}\n`);
    process.exitCode = 1;
  }),
  loadConfig: configAt,
  connect,
  async readPush(config, files) {
    const { readArtifacts } = await import('./state/artifacts.ts');
    const { publish, search_path } = config;
    return {
      ...readArtifacts(config, absolute(files)),
      publish,
      search_path,
      prefix: config.metadata.prefix,
      tags: config.tags,
    };
  },
  async planLocal(config, files, options, onStep) {
    const [{ readArtifacts }, { planMetadata }] = await Promise.all([
      import('./state/artifacts.ts'),
      import('./plan.ts'),
    ]);
    onStep('reading the artifacts');
    const content = readArtifacts(config, absolute(files));
    return withOwner(config, (author, gate) => planMetadata(author, content, { ...options, onStep }, gate));
  },
  async simulateLocal(config, ask, files, onStep) {
    const [{ readArtifacts }, { simulate }] = await Promise.all([
      import('./state/artifacts.ts'),
      import('./simulate.ts'),
    ]);
    const metadata = files ? { metadata: readArtifacts(config, {}) } : {};
    return withOwner(config, (author, gate) => {
      onStep('deciding');
      return simulate(author, { ...ask, ...metadata }, gate);
    });
  },
  async pushLocal(config, files, onStep) {
    const { openGate } = await import('./open.ts');
    const open = await openGate(config, { observe: silent, role: 'cli' });
    try {
      return await pushInto(open, config, files, onStep);
    } finally {
      await open.close();
    }
  },
  async importPolicies(paths, out, options) {
    const { importInto } = await import('./state/imported-policies.ts');
    return importInto(paths, out, { ...options, cwd });
  },
  async exportTo(folder, content, options) {
    const { exportTo } = await import('./state/catalogue-folder.ts');
    return exportTo(resolve(cwd, folder), content, options);
  },
  async withMetadata(config, run) {
    const [{ openGate }, { changeTags, readTagChanges }, { listHistory, readContent, rollBack }] =
      await Promise.all([import('./open.ts'), import('./retag.ts'), import('./history.ts')]);
    const open = await openGate(config, { observe: silent, role: 'cli' });
    const author = { kind: 'operator', name: operator(), caller: localCaller() } as const;
    try {
      return await run({
        changeTags: (changes, options) => changeTags(author, readTagChanges(changes), options, open.gate),
        content: (etag) => readContent(author, etag, open.gate),
        history: (limit) => listHistory(author, { limit }, open.gate),
        rollBack: (etag, options) => rollBack(author, etag, options, open.gate),
      });
    } finally {
      await open.close();
    }
  },
  async withDenials(config, run) {
    const { allowAgain, deny, listDenials } = await import('./denials.ts');
    return withOwner(config, (author, gate) =>
      run({
        deny: (ask) => deny(author, ask, gate),
        allow: (id) => allowAgain(author, id, gate),
        list: () => listDenials(author, gate),
      }),
    );
  },
  async withRooms(config, run) {
    const { resetRoom, roomSpending } = await import('./rooms.ts');
    return withOwner(config, (author, gate) =>
      run({
        spending: (room) => roomSpending(author, room, gate),
        reset: (room, ask) => resetRoom(author, room, ask, gate),
      }),
    );
  },
  async serve(config, { port, onStep }) {
    const [{ serve }, { createLog }, { createMetrics }] = await Promise.all([
      import('./serve.ts'),
      import('./observe/log.ts'),
      import('./observe/metrics.ts'),
    ]);
    const metrics = createMetrics();
    // Where the audit goes to standard output, it has it to itself.
    const fd = config.audit.sinks.some(({ kind }) => kind === 'stdout') ? 2 : 1;
    const log = createLog({ level: process.env.SLUICE_LOG ?? 'info', fd });
    const serving = await serve(config, {
      port,
      version,
      metrics,
      reread: () => loadConfig(config.file, process.env),
      observe: (event) => {
        log(event);
        metrics.observe(event);
      },
      async seed(open) {
        const applied = await open.gate.metadata.current().catch((thrown: unknown) => {
          if (thrown instanceof SluiceError && thrown.code === 'snapshot_missing') return null;
          throw thrown;
        });
        if (applied === null) await pushInto(open, config, { dryRun: false }, onStep);
      },
    });
    // A terminal that goes away takes its gate along; one that nobody looks at reads its configuration again.
    const onTerminal = process.stderr.isTTY === true;
    if (!onTerminal) process.on('SIGHUP', () => void serving.reload());
    const ending = askedToEnd(['SIGINT', 'SIGTERM', ...(onTerminal ? (['SIGHUP'] as const) : [])]);
    const { address, issuer } = serving;
    return { address, issuer: issuer?.url ?? null, ending, ended: ending.then(() => serving.close()) };
  },
  async mintToken(config, persona, { expiresInSeconds, actor } = {}) {
    const { developmentIssuer } = await import('./open.ts');
    const issuer = await developmentIssuer(config);
    if (issuer === null)
      throw new SluiceError(
        'development_only',
        'Personas need a development issuer, and this configuration names none.',
        {
          hint: 'Use --token with a token of your identity provider.',
        },
      );
    return issuer.mintToken(persona, {
      ...(expiresInSeconds === undefined ? {} : { lifetimeMs: expiresInSeconds * 1000 }),
      ...(actor === undefined ? {} : { actor }),
    });
  },
  async openTestBench(config) {
    const [{ openGate, personaIdentities }, { openBench }] = await Promise.all([
      import('./open.ts'),
      import('./policy-tests/bench.ts'),
    ]);
    const open = await openGate(config, { observe: silent, role: 'cli' });
    try {
      const { persona, issuer } = personaIdentities(config);
      const bench = await openBench({ gate: open.gate, persona, issuer, operator: operator() });
      return { ...bench, close: open.close };
    } catch (thrown) {
      await open.close();
      throw thrown;
    }
  },
  readInput: () => text(process.stdin),
  async confirm(question) {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
    const { createInterface } = await import('node:readline/promises');
    const asking = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await asking.question(`${question} [y/N] `).finally(() => asking.close());
    return /^y(es)?$/i.test(answer.trim());
  },
  async readFile(path) {
    try {
      return path === '-' ? await text(process.stdin) : readFileSync(resolve(cwd, path), 'utf8');
    } catch (cause) {
      throw new SluiceError('usage', `${path} cannot be read.`, { cause });
    }
  },
  async personas(config) {
    const { personasOf } = await import('./open.ts');
    return [...(personasOf(config)?.keys() ?? [])];
  },
  async givenIdentity(config, written) {
    return (await import('./main/given.ts')).givenIdentityOf(config, written);
  },
  async givenActor(config, written) {
    return (await import('./main/given.ts')).givenActorOf(config, written);
  },
  async auditDesk(config) {
    const { auditDeskOf } = await import('./open/audit-desk.ts');
    return auditDeskOf(config, { kind: 'operator', name: operator(), caller: localCaller() });
  },
  async withReports(config, run) {
    const [{ readUsage }, { replay }, { readArtifacts }] = await Promise.all([
      import('./usage.ts'),
      import('./replay.ts'),
      import('./state/artifacts.ts'),
    ]);
    return withOwner(config, (author, gate) =>
      run({
        usage: (ask) => readUsage(author, ask, gate),
        replay: (ask, files, onStep) => {
          const metadata = files === null ? {} : { metadata: readArtifacts(config, absolute(files)) };
          return replay(author, { ...ask, ...metadata, onStep }, gate);
        },
      }),
    );
  },
  async sinkStates(config) {
    const [{ auditPath }, { readSinkStates }, { openStore }] = await Promise.all([
      import('./open.ts'),
      import('./open/sinks.ts'),
      import('./store/open-store.ts'),
    ]);
    const store = await openStore(config.state);
    return readSinkStates(config, auditPath(config), store).finally(() => store.close());
  },
  interrupted,
  async makeSandbox(config, token, { dbtManifest: path, project, purpose, ...ask }) {
    const [{ openGate }, { makeSandbox }, { readManifestFile }] = await Promise.all([
      import('./open.ts'),
      import('./sandbox.ts'),
      import('./state/artifacts.ts'),
    ]);
    const dbtManifest = readManifestFile(config, path === null ? undefined : resolve(cwd, path));
    const client = { ip: null, door: 'cli', user_agent: null };
    const caller = { requestId: randomUUID(), token, client, signal: interrupted(), project, purpose };
    const open = await openGate(config, { observe: silent, role: 'cli' });
    try {
      return await makeSandbox(caller, { ...ask, dbtManifest }, open.gate);
    } finally {
      await open.close();
    }
  },
  async lint(config, { files, ...order }, onStep) {
    const { lint } = await import('./lint.ts');
    const { dryRun: _, ...paths } = absolute({ ...files, dryRun: true } as PushFiles);
    const ask = { ...order, files: paths, operator: operator(), signal: interrupted() };
    return lint(config, ask, onStep);
  },
  async examine(config) {
    const { examine } = await import('./doctor.ts');
    return examine(config);
  },
};

const code = await runCli(process.argv.slice(2), wiring);
process.exitCode ??= code;
