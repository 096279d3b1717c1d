/** What an operator should know of the audit beside its file: whether the key signs, and whether each sink can be reached. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { readSigner } from '../audit/signing.ts';
import { examineTable, type TableState } from '../audit/sinks/postgres-table.ts';
import { inBrief, type SinkSettings } from '../audit/sinks/sink.ts';
import type { Config } from '../config.ts';
import { type Finding, fine, problem } from '../engines/finding.ts';
import { SluiceError } from '../errors.ts';
import { reach } from './reach.ts';
import { sinkSettings } from './sinks.ts';

/** Nothing where neither a key nor a sink is configured. */
export async function examineAudit(config: Pick<Config, 'audit'>): Promise<readonly Finding[]> {
  const findings = [...signing(config)];
  for (const sink of sinkSettings(config)) findings.push(await examineSink(sink));
  return findings;
}

function signing({ audit }: Pick<Config, 'audit'>): readonly Finding[] {
  try {
    const signer = readSigner(audit.signing);
    return signer === null ? [] : [fine('audit_signing', `checkpoints are signed with key ${signer.keyId}`)];
  } catch (thrown) {
    if (!(thrown instanceof SluiceError)) throw thrown;
    return [problem('audit_signing', thrown.message, thrown.hint)];
  }
}

async function examineSink(sink: SinkSettings): Promise<Finding> {
  const [check, name] = ['audit_sink', `sink ${sink.name} (${sink.kind})`];
  switch (sink.kind) {
    case 'stdout':
      return fine(check, `${name} is there`);
    case 'file':
      return writable(check, name, sink.path);
    case 'otel':
      return reach(check, name, sink.endpoint);
    case 'webhook':
      return reach(check, name, sink.url);
    case 'postgres':
      return table(check, name, sink);
    default:
      return sink satisfies never;
  }
}

/** The folders that are missing are made when the first event comes, below the nearest one that is there. */
function writable(check: string, name: string, path: string): Finding {
  let there = path;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const isFile = there === path;
  if (isFile ? !statSync(there).isFile() : !statSync(there).isDirectory())
    return problem(check, `${name}: ${there} is no ${isFile ? 'file' : 'folder'}`);
  try {
    accessSync(there, constants.W_OK);
    return fine(check, `${name} can write ${path}`);
  } catch {
    return problem(check, `${name} may not write ${there}`);
  }
}

async function table(
  check: string,
  name: string,
  sink: { readonly url: string; readonly table: string },
): Promise<Finding> {
  try {
    return verdict(check, name, sink.table, await examineTable(sink));
  } catch (thrown) {
    return problem(check, `${name} cannot be reached: ${inBrief(thrown)}`);
  }
}

function verdict(check: string, name: string, table: string, found: TableState): Finding {
  switch (found) {
    case 'ready':
      return fine(check, `${name} may insert into ${table}`);
    case 'to_be_made':
      return fine(check, `${name} will make ${table}, which it may`);
    case 'other_columns':
      return problem(
        check,
        `${name}: ${table} is there with other columns`,
        'It needs instance, seq, hash, time and event: name another table, or none that is there.',
      );
    case 'no_insert':
      return problem(check, `${name} may not insert into ${table}`, `GRANT INSERT ON ${table} TO its role.`);
    case 'no_schema':
      return problem(
        check,
        `${name}: the schema of ${table} is missing`,
        'CREATE SCHEMA; only the table is made.',
      );
    case 'not_makeable':
      return problem(
        check,
        `${name}: ${table} is missing and may not be made`,
        'Make it, or grant CREATE on its schema.',
      );
    default:
      return found satisfies never;
  }
}
