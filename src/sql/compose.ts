/** Makes one SELECT of the parts of a read without SQL. Each part must parse on its own as what it claims to be, so none can grow into another. */
import { SluiceError } from '../errors.ts';
import { parse } from './parse.ts';

export interface ReadParts {
  /** `gold.members` */
  readonly dataset: string;
  readonly select: string | null;
  readonly where: string | null;
  readonly order: string | null;
}

type Part = 'select' | 'where' | 'order';

/** What each part is tried as, and the only clauses that may then be there. */
const PROBES: Readonly<
  Record<Part, { readonly around: (text: string) => string; readonly clauses: readonly string[] }>
> = {
  select: { around: (text) => `SELECT ${text}\n`, clauses: ['targetList'] },
  where: { around: (text) => `SELECT 1 WHERE ${text}\n`, clauses: ['targetList', 'whereClause'] },
  order: { around: (text) => `SELECT 1 ORDER BY ${text}\n`, clauses: ['targetList', 'sortClause'] },
};

const ALWAYS = ['limitOption', 'op'];

/** As many as the grammar lets a relation have. */
const MOST_PARTS = 3;

/** @returns SQL that the guard has still to pass. @throws SluiceError bad_request naming the part */
export function composeRead(read: ReadParts, maxBytes: number): string {
  const parts = read.dataset.split('.');
  // What no dataset is called is not a fault in SQL that the caller never wrote.
  if (parts.length > MOST_PARTS || parts.includes(''))
    throw new SluiceError('dataset_not_found', `No such dataset: ${read.dataset}`);
  const name = parts.map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
  const select = read.select === null ? '*' : checked('select', read.select, maxBytes);
  const where = read.where === null ? '' : `\nWHERE (\n${checked('where', read.where, maxBytes)}\n)`;
  const order = read.order === null ? '' : `\nORDER BY ${checked('order', read.order, maxBytes)}`;
  return `SELECT ${select}\nFROM ${name}${where}${order}`;
}

const HOLDS: Readonly<Record<Part, string>> = {
  select: 'a list of columns',
  where: 'a condition',
  order: 'an order',
};

function checked(part: Part, text: string, maxBytes: number): string {
  const { around, clauses } = PROBES[part];
  const select =
    (parsed(part, around(text), maxBytes) as { SelectStmt?: Record<string, unknown> }).SelectStmt ?? {};
  const others = Object.keys(select).filter((key) => !clauses.includes(key) && !ALWAYS.includes(key));
  if (others.length > 0 || /;\s*$/.test(text))
    throw new SluiceError('bad_request', `The parameter '${part}' holds more than ${HOLDS[part]}.`, {
      hint: 'POST /v1/query takes whole queries.',
    });
  return text;
}

/** Positions would point into a text that the caller has never seen. */
function parsed(part: Part, text: string, maxBytes: number): unknown {
  try {
    return parse(text, { maxBytes }).statement;
  } catch (thrown) {
    if (!(thrown instanceof SluiceError)) throw thrown;
    throw new SluiceError(thrown.code, `The parameter '${part}': ${thrown.message}`, { cause: thrown });
  }
}
