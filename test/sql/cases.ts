/** Case files: statements that end in `;`, each under its comment; the first comment block of a file is its own. */
import { readFileSync, writeFileSync } from 'node:fs';

export interface SqlCase {
  readonly title: string;
  readonly sql: string;
}

export function readCases(path: string): readonly SqlCase[] {
  const cases: SqlCase[] = [];
  let title = '';
  let sql: string[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.startsWith('-- ') && sql.length === 0) {
      title = line.slice(3).trim();
      continue;
    }
    if (line.trim() !== '') sql.push(line);
    if (!line.trimEnd().endsWith(';')) continue;
    cases.push({ title, sql: sql.join('\n').trimEnd().slice(0, -1) });
    sql = [];
  }
  return cases;
}

export interface GoldenCase extends SqlCase {
  /** What is printed; one case a block: title, statement, `-- =>`, wanted text. */
  readonly wanted: string;
}

const ARROW = '-- =>';

export function readGolden(path: string): readonly GoldenCase[] {
  const blocks = readFileSync(path, 'utf8').split(/\n(?=-- case: )/);
  return blocks.slice(1).map((block) => {
    const [head, wanted = ''] = block.split(`\n${ARROW}\n`);
    const [title = '', ...sql] = head!.split('\n');
    return { title: title.slice('-- case: '.length), sql: sql.join('\n').trim(), wanted: wanted.trim() };
  });
}

/** Run with UPDATE_GOLDEN=1 after a wanted change, then read the difference. */
export function writeGolden(path: string, cases: readonly GoldenCase[]): void {
  const head = readFileSync(path, 'utf8')
    .split(/\n(?=-- case: )/)[0]!
    .trimEnd();
  const blocks = cases.map(({ title, sql, wanted }) => `-- case: ${title}\n${sql}\n${ARROW}\n${wanted}`);
  writeFileSync(path, `${[head, ...blocks].join('\n\n').trimEnd()}\n`);
}
