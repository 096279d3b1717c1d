/** ClickBench's table, tiny and deterministic, with the values that its queries look for; its columns come from the corpus. */
const ROWS = 2000;

/** `name TYPE`, from the corpus' own CREATE TABLE. */
export function clickbenchColumns(create: string): readonly string[] {
  return [...create.matchAll(/^\s+(\w+) ([A-Za-z()0-9]+) NOT NULL/gm)].map(
    ([, name, type]) => `${name} ${type!.toUpperCase()}`,
  );
}

export function clickbenchSql(table: string, columns: readonly string[]): readonly string[] {
  return [
    `CREATE TABLE ${table} (${columns.join(', ')})`,
    `INSERT INTO ${table} SELECT ${columns.map(value).join(', ')} FROM range(${ROWS}) t(i)`,
  ];
}

/** Few distinct values, some of which the queries ask for. */
function value(column: string, i: number): string {
  const [name, type] = column.split(' ');
  if (name === 'CounterID') return 'CASE WHEN i % 3 = 0 THEN 62 ELSE i % 7 END';
  if (name === 'EventDate') return "DATE '2013-07-01' + (i % 31)::integer";
  if (name === 'URL')
    return "CASE WHEN i % 5 = 0 THEN 'http://google.com/' || i % 9 ELSE 'http://x.ru/' || i % 9 END";
  if (name === 'Referer') return "CASE WHEN i % 4 = 0 THEN '' ELSE 'https://www.r' || i % 6 || '.com/a' END";
  if (/^(VAR)?CHAR|TEXT/.test(type!)) return `CASE WHEN i % 4 = 0 THEN '' ELSE 'v' || i % ${(i % 5) + 3} END`;
  if (type === 'DATE') return "DATE '2013-07-01' + (i % 31)::integer";
  if (type === 'TIMESTAMP') return `TIMESTAMP '2013-07-14 00:00:00' + INTERVAL (i * ${i + 1}) MINUTE`;
  return `(i * ${i + 3}) % ${(i % 11) + 2}`;
}
