/** What an operator should know of the audit beside its file: whether the key signs, and whether each sink can be reached. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { readSigner } from '../audit/signing.ts';
import { examineTable } from '../audit/sinks/postgres-table.ts';
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
    const found = await examineTable(sink);
    if (found === 'ready') return fine(check, `${name} may insert into ${sink.table}`);
    if (found === 'to_be_made') return fine(check, `${name} will make ${sink.table}, which it may`);
    return found === 'no_insert'
      ? problem(
          check,
          `${name} may not insert into ${sink.table}`,
          `GRANT INSERT ON ${sink.table} TO its role.`,
        )
      : problem(
          check,
          `${name}: ${sink.table} is missing and may not be made`,
          'Make it, or grant CREATE on its schema.',
        );
  } catch (thrown) {
    return problem(check, `${name} cannot be reached: ${inBrief(thrown)}`);
  }
}
