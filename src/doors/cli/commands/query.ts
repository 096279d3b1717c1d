/** `sluice query` and `sluice explain`. */
import { pipeline } from 'node:stream/promises';
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import { type GateClient, jsonOf, RefusedByGate, textOf } from '../client.ts';
import { renderTable } from '../output.ts';
import type { ExitCode } from '../program.ts';
import type { Wiring } from '../wiring.ts';

export interface CallerOptions {
  readonly as?: string;
  readonly token?: string;
  readonly server?: string;
}

interface QueryOptions extends CallerOptions {
  readonly param?: readonly string[];
  readonly format: string;
  readonly limit?: number;
}

const STREAMED: Readonly<Record<string, string>> = { ndjson: 'application/x-ndjson', csv: 'text/csv' };

/** The token that the options ask for; null for a caller without one. */
export async function tokenFor(
  options: CallerOptions,
  config: Config,
  wiring: Wiring,
): Promise<string | null> {
  if (options.token !== undefined && options.as !== undefined)
    throw new SluiceError('usage', '--as and --token exclude each other.');
  if (options.token !== undefined) return options.token;
  return options.as === undefined ? null : wiring.mintToken(config, options.as);
}

async function withClient<T>(
  config: Config,
  options: CallerOptions,
  wiring: Wiring,
  run: (client: GateClient) => Promise<T>,
): Promise<T> {
  const client = await wiring.connect(config, options.server);
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}

function paramOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

interface AnswerBody {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly masked: boolean }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly page: { readonly returned: number; readonly has_more: boolean };
}

export async function query(
  sql: string,
  options: QueryOptions,
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  if (!['table', 'json', ...Object.keys(STREAMED)].includes(options.format))
    throw new SluiceError('usage', `No format '${options.format}'.`, {
      hint: 'Use table, json, ndjson or csv.',
    });
  const token = await tokenFor(options, config, wiring);
  const body = {
    sql,
    ...(options.param ? { params: options.param.map(paramOf) } : {}),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  };
  return withClient<ExitCode>(config, options, wiring, async (client) => {
    const accept = STREAMED[options.format] ?? 'application/json';
    const reply = await client.request({ method: 'POST', path: '/v1/query', token, accept, body });
    if (reply.status >= 400) throw new RefusedByGate(reply.status, await textOf(reply));
    if (options.format in STREAMED) {
      await pipeline(reply.body, async (parts) => {
        for await (const part of parts) wiring.terminal.out(String(part));
      });
      return 0;
    }
    if (options.format === 'json') {
      wiring.terminal.out(`${await textOf(reply)}\n`);
      return 0;
    }
    const answer = await jsonOf<AnswerBody>(reply);
    const head = answer.columns.map((column) => (column.masked ? `${column.name} (masked)` : column.name));
    wiring.terminal.out(`${renderTable(head, answer.rows)}\n`);
    const more = answer.page.has_more ? ', and more' : '';
    wiring.terminal.err(`${answer.page.returned} ${answer.page.returned === 1 ? 'row' : 'rows'}${more}\n`);
    return 0;
  });
}

interface ExplainBody {
  readonly allowed: boolean;
  readonly columns: readonly { readonly name: string; readonly masked: boolean }[];
  readonly governed_sql?: string;
  readonly decisions: readonly {
    readonly dataset: string;
    readonly allow: boolean;
    readonly reason: string;
    readonly masked: readonly string[];
    readonly filtered: boolean;
    readonly hidden?: readonly string[];
    readonly reasons?: readonly {
      readonly policy: string;
      readonly effect: string;
      readonly because: string;
      readonly source: { file: string; line: number } | null;
    }[];
  }[];
}

/** `gold.members` and `gold.members.email` are asked about as a query over them. */
function asSql(text: string): string {
  if (!/^[\p{L}_][\p{L}\p{N}_$]*(\.[\p{L}_"][\p{L}\p{N}_$"]*)*$/u.test(text.trim())) return text;
  return `SELECT * FROM ${text.trim()}`;
}

export async function explain(
  text: string,
  options: CallerOptions & { json?: boolean },
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const token = await tokenFor(options, config, wiring);
  return withClient<ExitCode>(config, options, wiring, async (client) => {
    const ask = (sql: string) =>
      client.request({ method: 'POST', path: '/v1/explain', token, body: { sql } });
    const column = /^(.+)\.([^.]+)$/.exec(text.trim());
    let reply = await ask(asSql(text));
    if (reply.status === 404 && column && asSql(text) !== text)
      reply = await ask(`SELECT ${column[2]} FROM ${column[1]}`);
    const answer = await jsonOf<ExplainBody>(reply);
    if (options.json) {
      wiring.terminal.out(`${JSON.stringify(answer, null, 2)}\n`);
      return 0;
    }
    for (const decision of answer.decisions) {
      wiring.terminal.out(
        `${decision.dataset}: ${decision.allow ? 'allowed' : 'denied'} (${decision.reason})\n`,
      );
      if (decision.masked.length > 0) wiring.terminal.out(`  masked: ${decision.masked.join(', ')}\n`);
      if (decision.hidden && decision.hidden.length > 0)
        wiring.terminal.out(`  hidden: ${decision.hidden.join(', ')}\n`);
      if (decision.filtered) wiring.terminal.out('  rows are filtered\n');
      for (const reason of decision.reasons ?? []) {
        const place = reason.source ? `  ${reason.source.file}:${reason.source.line}` : '';
        wiring.terminal.out(`  ${reason.effect.padEnd(8)} ${reason.policy}: ${reason.because}${place}\n`);
      }
    }
    if (answer.governed_sql) wiring.terminal.out(`\n${answer.governed_sql}\n`);
    return 0;
  });
}
