/** The ways in that every hostile text is sent through: HTTP, its explanation, and the command line on a gate of its own process. */

import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { inProcessClient } from '../../src/doors/cli/client.ts';
import { runCli } from '../../src/doors/cli/program.ts';
import { terminalOn } from '../../src/doors/cli/terminal.ts';
import type { Wiring } from '../../src/doors/cli/wiring.ts';
import { createHttpDoor } from '../../src/doors/http/server.ts';
import type { TestGate } from '../e2e/gate.ts';
import { type Attack, textOf } from './corpus.ts';

/** What every door tells alike. */
export interface Told {
  readonly code: string | null;
  readonly rows: readonly (readonly unknown[])[] | null;
  readonly columns: readonly string[] | null;
  /** All of it, for messages. */
  readonly text: string;
}

export type Door = (persona: string, attack: Attack) => Promise<Told>;

interface Body {
  readonly code?: string;
  readonly rows?: readonly (readonly unknown[])[];
  readonly columns?: readonly { readonly name: string }[];
}

function told(text: string): Told {
  const body = JSON.parse(text) as Body;
  return {
    code: body.code ?? null,
    rows: body.rows ?? null,
    columns: body.columns?.map((column) => column.name) ?? null,
    text,
  };
}

export function httpDoor(gate: TestGate, path: '/v1/query' | '/v1/explain' = '/v1/query'): Door {
  return async (persona, attack) => {
    const { params } = attack;
    const body = { sql: textOf(attack), ...(params === undefined ? {} : { params }) };
    return told((await gate.call(persona, 'POST', path, { body })).text);
  };
}

export interface CliRun {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface Cli {
  /** @param terminal where standard output is one. */
  run(args: readonly string[], input?: string, terminal?: { width: number }): Promise<CliRun>;
  close(): Promise<void>;
}

/** `sluice` as `main.ts` puts it together where no gate is running, but for the process: the door is opened once. */
export async function cliOn(gate: TestGate): Promise<Cli> {
  const { open } = gate.serving;
  const door = await createHttpDoor({
    gate: open.gate,
    door: 'cli',
    health: {
      instance: open.instance,
      ready: open.ready,
      metrics: () => Promise.resolve({ type: 'text/plain', text: '' }),
    },
    bodyBytes: gate.config.limits.body_bytes,
    pushBytes: gate.config.limits.push_bytes,
    version: '0.0.0',
  });
  const client = inProcessClient(door, async () => {});
  const elsewhere = (): never => {
    throw new Error('not a command of these tests');
  };
  return {
    async run(args, input = '', terminal) {
      const stdout = Object.assign(
        new PassThrough(),
        terminal && { isTTY: true as const, columns: terminal.width },
      );
      const stderr = new PassThrough();
      const said = [stdout, stderr].map((stream) => text(stream));
      const wiring: Wiring = {
        cwd: gate.folder,
        version: '0.0.0',
        terminal: terminalOn(stdout, stderr, () => {}),
        loadConfig: () => gate.config,
        connect: async () => client,
        mintToken: (_config, persona) => gate.token(persona),
        readInput: async () => input,
        confirm: async () => null,
        personas: elsewhere,
        givenIdentity: elsewhere,
        givenActor: elsewhere,
        openTestBench: elsewhere,
        pushLocal: elsewhere,
        simulateLocal: elsewhere,
        planLocal: elsewhere,
        readFile: elsewhere,
        withMetadata: elsewhere,
        withDenials: elsewhere,
        withRooms: elsewhere,
        exportTo: elsewhere,
        importPolicies: elsewhere,
        readPush: elsewhere,
        serve: elsewhere,
        auditDesk: elsewhere,
        withReports: elsewhere,
        sinkStates: elsewhere,
        interrupted: elsewhere,
        makeSandbox: elsewhere,
        lint: elsewhere,
        examine: elsewhere,
      };
      const exit = await runCli(args, wiring);
      stdout.end();
      stderr.end();
      const [out = '', err = ''] = await Promise.all(said);
      return { exit, out, err };
    },
    close: async () => {
      await door.close();
    },
  };
}

export function cliDoor(cli: Cli): Door {
  return async (persona, attack) => {
    const params = (attack.params ?? []).flatMap((param) => ['--param', JSON.stringify(param)]);
    const args = ['query', '-', '--as', persona, '--format', 'json', ...params];
    const { exit, out, err } = await cli.run(args, textOf(attack));
    return told(exit === 0 ? out : err);
  };
}
