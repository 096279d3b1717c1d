/** One statement, read against a few relations that are known. */
import { type Analysed, analyse, type Job, type NodeColumns } from '../../src/lineage/analyse.ts';
import { loadSqlLibrary } from '../../src/lineage/parse.ts';

export const library = await loadSqlLibrary();

const known = (...columns: string[]): NodeColumns => ({ columns, exact: true, also: [] });

/** `users`, `orders` and `contacts` with their columns in order; `raw` with columns that nobody listed. */
const COLUMNS: ReadonlyMap<string, NodeColumns> = new Map([
  ['users', known('id', 'email', 'name', 'region')],
  ['orders', known('id', 'user_id', 'amount', 'note')],
  ['contacts', known('id', 'phone', 'email')],
  ['raw', { columns: [], exact: false, also: ['email'] }],
  ['other', { columns: [], exact: false, also: [] }],
]);

const RELATIONS: ReadonlyMap<string, readonly string[]> = new Map(
  ['users', 'orders', 'contacts', 'raw', 'other', 'me'].flatMap((name) => [
    [name, [name]] as const,
    [`main.${name}`, [name]] as const,
    [`db.main.${name}`, [name]] as const,
  ]),
);

export interface Given extends Partial<Pick<Job, 'own' | 'added' | 'ephemerals' | 'parents'>> {
  readonly words?: readonly string[];
}

export function readSql(sql: string, dialect = 'duckdb', { words = [], ...job }: Given = {}): Analysed {
  return analyse(
    {
      id: 'me',
      code: sql,
      parents: ['users', 'orders', 'contacts'],
      ephemerals: {},
      own: [],
      added: {},
      ...job,
    },
    { dialect, words, relations: RELATIONS, columns: new Map(COLUMNS) },
    library,
  );
}

/** `users.email`, `users.*`, `users.email via count`; a leading `?` where that may not be all. */
export function originsOf(read: Analysed, column: string): string {
  const found = Object.hasOwn(read.columns, column) ? read.columns[column] : undefined;
  if (found === undefined) return read.status === 'unknown' ? 'unknown' : 'absent';
  const ways = found.from.map(
    ({ node, column: name, through = [] }) =>
      `${node}.${name ?? '*'}${through.length === 0 ? '' : ` via ${through.join(' ')}`}`,
  );
  return `${found.resolved ? '' : '?'}${ways.sort().join(', ')}`;
}

export function allOrigins(sql: string, dialect?: string, given?: Given): Record<string, string> {
  const read = readSql(sql, dialect, given);
  if (read.status === 'unknown') return { unknown: read.why ?? '' };
  const columns = Object.keys(read.columns).map((name) => [name, originsOf(read, name)] as const);
  const rest = read.rest === undefined ? [] : [['…', restOf(read.rest)] as const];
  return Object.fromEntries([...columns, ...rest]);
}

function restOf({ alike, from }: NonNullable<Analysed['rest']>): string {
  return [...alike.map((node) => `${node}.=`), ...from.map(({ node, column }) => `${node}.${column ?? '*'}`)]
    .sort()
    .join(', ');
}
