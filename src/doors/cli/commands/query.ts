/** `sluice query`: one governed query; whole in a table or as JSON, streamed as NDJSON or CSV. */

import { Option } from 'commander';
import type { Config } from '../../../config.ts';
import { type CallerOptions, tokenFor, withClient } from '../caller.ts';
import { accepted, bytesOf, jsonOf, type Reply, textOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { collect, type Register, wholeNumber, withCaller, withProject } from '../registration.ts';
import { renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';

export const FORMATS = ['table', 'json', 'ndjson', 'csv'] as const;

export interface QueryOptions extends CallerOptions {
  readonly param?: readonly string[];
  readonly format: (typeof FORMATS)[number];
  readonly limit?: number;
}

const ACCEPT: Readonly<Record<QueryOptions['format'], string>> = {
  table: 'application/json',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
};

interface AnswerBody {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly masked: boolean }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly page: { readonly returned: number; readonly has_more: boolean };
  readonly truncated?: 'rows' | 'bytes';
}

export async function query(
  sql: string,
  options: QueryOptions,
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const token = await tokenFor(options, config, wiring);
  const body = {
    sql,
    ...(options.param ? { params: options.param.map(paramOf) } : {}),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  };
  const accept = ACCEPT[options.format];
  return withClient<ExitCode>(config, options, wiring, async (client) => {
    const reply = await accepted(
      await client.request({ method: 'POST', path: '/v1/query', token, accept, body }),
    );
    switch (options.format) {
      case 'table':
        showTable(await jsonOf<AnswerBody>(reply), wiring.terminal);
        break;
      case 'json':
        wiring.terminal.out(`${await textOf(reply)}\n`);
        break;
      case 'ndjson':
      case 'csv':
        await passOn(reply, wiring.terminal);
        break;
      default:
        options.format satisfies never;
    }
    return 0;
  });
}

/** Numbers, booleans and null are themselves, `"42"` is a text, and so is whatever else is no exact JSON value. */
function paramOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && !Array.isArray(value) && value !== null) return text;
    // 1e999 and 12345678901234567890 would arrive as another number.
    if (typeof value === 'number' && !isExact(value)) return text;
    return value;
  } catch {
    return text;
  }
}

function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

const NUMERIC = /^(u?(tiny|small|big|huge)?int(eger)?|decimal|numeric|real|float|double)/i;

function showTable(answer: AnswerBody, terminal: Terminal): void {
  const { columns, rows, page } = answer;
  const heads = columns.map(({ name, type, masked }) => ({
    name: masked ? `${name} (masked)` : name,
    numeric: NUMERIC.test(type),
  }));
  terminal.out(`${renderTable(heads, rows, terminal.width)}\n`);
  terminal.err(`${page.returned} ${page.returned === 1 ? 'row' : 'rows'}${moreOf(answer)}\n`);
}

/** What a policy cuts off is on no further page: no option would bring it. */
export function moreOf({ page, truncated }: Pick<AnswerBody, 'page' | 'truncated'>): string {
  if (truncated === 'rows') return ', which is as many as a policy lets through; there are more';
  if (truncated === 'bytes') return ', and there are more: the answer is cut at limits.max_bytes';
  return page.has_more ? ', and there are more: see --limit, or --format csv' : '';
}

/** Bytes as they come. A reader who goes away ends the query. */
async function passOn(reply: Reply, terminal: Terminal): Promise<void> {
  for await (const part of bytesOf(reply)) if (!(await terminal.write(part))) return;
  const cut = reply.trailers()['x-sluice-truncated'];
  if (cut === 'rows') terminal.err('there are more rows: see --limit; or a policy lets no more through\n');
  if (cut === 'bytes') terminal.err('there are more rows: the answer is cut at limits.max_bytes\n');
}

const EXAMPLES = `
Examples:
  sluice query "SELECT * FROM gold.members LIMIT 3" --as analyst
  sluice query 'SELECT * FROM gold.members WHERE region = $1' --param north --as analyst --format csv
  sluice query - --as analyst < question.sql`;

export const queryCommand: Register = ({ program, config, wiring, run }) => {
  withProject(
    withCaller(
      program.command('query <sql>').description('run one governed query; - reads it from standard input'),
    ),
  )
    .option('--param <value>', 'the value of $1, of $2, …; JSON where it is JSON, else text', collect)
    .addOption(new Option('--format <name>', 'how rows are written').choices(FORMATS).default('table'))
    .option('--limit <rows>', 'rows at most', wholeNumber)
    .addHelpText('after', EXAMPLES)
    .action(async (text, options) => {
      const sql: string = text === '-' ? await wiring.readInput() : text;
      await run(() => query(sql, options, config(), wiring), { json: options.format === 'json', sql });
    });
};
