/** Files of another product's policies to one file of ours and a report: nothing is dropped without a word. */
import { parseAllDocuments, stringify } from 'yaml';
import { SluiceError } from '../errors.ts';
import { readPolicy } from '../policies/definition.ts';
import { isRecord, type Json } from './vendor/shape.ts';
import { type Outcome, slug, type Told, translate } from './vendor/translate.ts';

export interface ImportedFile {
  /** As the report names it. */
  readonly path: string;
  readonly text: string;
}

export interface ImportReport extends Told {
  readonly file: string;
  readonly policy: string;
}

export interface Imported {
  /** A policy file. */
  readonly text: string;
  readonly policies: number;
  readonly report: readonly ImportReport[];
}

const MOST_POLICIES = 10_000;

/** @throws SluiceError policy_invalid where a file is no YAML or holds no policies */
export function importPolicies(files: readonly ImportedFile[]): Imported {
  const report: ImportReport[] = [];
  const blocks: string[] = [];
  const ids = new Set<string>();
  let written = 0;
  for (const file of files)
    for (const policy of policiesIn(file)) {
      const { name, policies, told } = translate(policy);
      const tell = (one: Told) => report.push({ file: file.path, policy: name, ...one });
      told.forEach(tell);
      const usable: Json[] = [];
      for (const draft of policies) {
        const id = freshId(slug(name), ids);
        const whole = { id, description: `${name} (imported from ${file.path})`, ...draft };
        const problem = problemOf(whole);
        if (problem === null) usable.push(whole);
        else tell({ outcome: 'lost', message: `what it would become is not accepted here: ${problem}` });
      }
      written += usable.length;
      const lines = told.map(({ outcome, message }) => `${outcome}: ${message}`);
      const source = usable.length === 0 ? stringify(policy, { lineWidth: 0 }).split('\n') : [];
      blocks.push([...[`${name}`, ...lines, ...source].map(comment), ...usable.map(block)].join('\n'));
    }
  const head = `# Imported policies. Read what is said of each, and try it: \`sluice push --dry-run\`, \`sluice plan\`.\npolicies:`;
  const text = written === 0 ? `${head} []\n${blocks.join('\n\n')}\n` : `${head}\n${blocks.join('\n\n')}\n`;
  return { text, policies: written, report };
}

/** A comment ends where its line does: no text of a policy begins a line of its own. */
const comment = (text: string): string => `  # ${text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')}`.trimEnd();

function block(policy: Json): string {
  const lines = stringify([policy], { lineWidth: 0 }).trimEnd().split('\n');
  return lines.map((line) => `  ${line}`).join('\n');
}

function freshId(wanted: string, ids: Set<string>): string {
  for (let n = 1; ; n++) {
    const id = n === 1 ? wanted : `${wanted}-${n}`;
    if (ids.has(id) || id === 'level') continue;
    ids.add(id);
    return id;
  }
}

/** As a push would tell it. */
function problemOf(policy: Json): string | null {
  const problems: string[] = [];
  const place = { file: 'import', lineOf: () => 1 };
  const read = readPolicy(policy, place, (path, message) => problems.push(`${path.join('.')}: ${message}`));
  return problems[0] ?? (read === null ? 'it cannot be read' : null);
}

/** One policy a document, a list of them, or a list under `policies:`. */
function policiesIn({ path, text }: ImportedFile): readonly Json[] {
  const wrong = (message: string) => new SluiceError('policy_invalid', `${path}: ${message}`);
  const found: unknown[] = [];
  try {
    const documents = parseAllDocuments(text, { uniqueKeys: true, stringKeys: true });
    for (const document of Array.isArray(documents) ? documents : []) {
      const [problem] = document.errors;
      if (problem !== undefined) throw wrong(problem.message.split('\n')[0] ?? 'not valid YAML');
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      found.push(
        ...(Array.isArray(value)
          ? value
          : isRecord(value) && Array.isArray(value.policies)
            ? value.policies
            : [value]),
      );
    }
  } catch (thrown) {
    if (thrown instanceof SluiceError) throw thrown;
    throw wrong('the YAML cannot be read');
  }
  const policies = found.filter((one) => one !== null);
  if (policies.length === 0) throw wrong('holds no policy');
  if (policies.length > MOST_POLICIES) throw wrong(`holds more than ${MOST_POLICIES} policies`);
  return policies.map((one) => {
    if (isRecord(one)) return one;
    throw wrong('holds something that is no policy');
  });
}

/** Whether something restricted and nothing stands for it. */
export const lostAny = (report: readonly { readonly outcome: Outcome }[]): boolean =>
  report.some(({ outcome }) => outcome === 'lost');
