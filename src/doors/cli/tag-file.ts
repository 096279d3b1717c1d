/** Files of tag changes, as tools and spreadsheets write them: YAML, JSON or CSV, to the one shape that the gate takes. */
import { extname } from 'node:path';
import { parse } from 'csv-parse/sync';
import { SluiceError } from '../../errors.ts';
import { readYaml } from '../../policies/document.ts';

export interface TagFile {
  /** Where the file says whose tags they are. */
  readonly source: string | null;
  readonly mode: 'merge' | 'replace' | null;
  /** Checked by the gate. */
  readonly changes: readonly unknown[];
}

/**
 * CSV: a header with `dataset`, `column` and `tag`, and `action` (add or remove) where there is more than adding.
 * YAML and JSON: `changes:` as PATCH /v1/metadata/tags takes them, or the bare list.
 *
 * @throws SluiceError usage where the file has another shape
 */
export function readTagFile(path: string, text: string): TagFile {
  const bare = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (extname(path).toLowerCase() === '.csv')
    return { source: null, mode: null, changes: fromCsv(path, bare) };
  return fromYaml(path, bare);
}

function wrong(path: string, message: string): SluiceError {
  return new SluiceError('usage', `${path}: ${message}`, {
    hint: 'See `sluice tag --help` for the shapes that are read.',
  });
}

/** JSON is YAML too. */
function fromYaml(path: string, text: string): TagFile {
  const document = readYaml(text);
  if ('problems' in document) {
    const [first] = document.problems;
    throw wrong(path, `line ${first?.line}: ${first?.message}`);
  }
  const { value } = document;
  if (Array.isArray(value)) return { source: null, mode: null, changes: value };
  if (typeof value !== 'object' || value === null) throw wrong(path, 'holds no tag changes');
  const { source = null, mode = null, changes, ...rest } = value as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw wrong(path, `\`${unknown}\` is not known beside source, mode and changes`);
  if (!Array.isArray(changes)) throw wrong(path, 'needs `changes:` with a list');
  if (source !== null && typeof source !== 'string') throw wrong(path, '`source` takes a name');
  if (mode !== null && mode !== 'merge' && mode !== 'replace')
    throw wrong(path, '`mode` is merge or replace');
  return { source, mode, changes };
}

const COLUMNS = ['dataset', 'column', 'tag', 'action'];

/** One change a row: the number in an error is that of the row, the header aside. */
function fromCsv(path: string, text: string): readonly unknown[] {
  const rows = parsed(path, text);
  const [header, ...body] = rows;
  if (header === undefined) throw wrong(path, 'is empty');
  const names = header.map((name) => name.trim().toLowerCase());
  const unknown = names.find((name) => !COLUMNS.includes(name));
  if (unknown !== undefined) throw wrong(path, `has a column "${unknown}"; known are ${COLUMNS.join(', ')}`);
  if (!names.includes('dataset') || !names.includes('tag'))
    throw wrong(path, 'needs the columns dataset and tag');
  return body.map((cells, index) => {
    const cell = (name: string) => (cells[names.indexOf(name)] ?? '').trim();
    const action = cell('action').toLowerCase() || 'add';
    if (action !== 'add' && action !== 'remove')
      throw wrong(path, `row ${index + 1}: action is add or remove, not "${action}"`);
    const column = cell('column');
    return { dataset: cell('dataset'), ...(column === '' ? {} : { column }), [action]: [cell('tag')] };
  });
}

function parsed(path: string, text: string): readonly (readonly string[])[] {
  try {
    return parse(text, { skip_empty_lines: true, delimiter: [',', ';', '\t'] });
  } catch (cause) {
    const told = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new SluiceError('usage', `${path}: is no CSV that can be read (${told})`, { cause });
  }
}
