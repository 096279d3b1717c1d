/** Function calls as text: the name quoted part by part, PostgreSQL's own syntax where the tree came from it. */
import type { FuncCall, Node, SortBy, WindowDef } from '@pgsql/types';
import { type Print, quoteDotted, quoteName, strings, unprintable, words } from './tokens.ts';

function calledFunction(call: FuncCall): string {
  return strings(call.funcname).at(-1) ?? '';
}

export function printCall(print: Print, call: FuncCall): string {
  const args = (call.args ?? []).map(print);
  if (call.funcformat === 'COERCE_SQL_SYNTAX') return printSyntax(calledFunction(call), args);
  const within = call.agg_within_group === true;
  const order = call.agg_order === undefined ? '' : `ORDER BY ${call.agg_order.map(print).join(', ')}`;
  const inside = [
    call.agg_distinct === true ? 'DISTINCT' : '',
    call.agg_star === true ? '*' : args.join(', '),
    within ? '' : order,
  ];
  return words([
    `${quoteDotted(call.funcname)}(${words(inside)})`,
    within ? `WITHIN GROUP (${order})` : '',
    call.agg_filter === undefined ? '' : `FILTER (WHERE ${print(call.agg_filter)})`,
    call.over === undefined ? '' : `OVER ${printOver(print, call.over)}`,
  ]);
}

/** The forms that the grammar writes as functions of pg_catalog. */
function printSyntax(name: string, args: readonly string[]): string {
  const [first, second, third] = args;
  switch (`${name}/${args.length}`) {
    case 'extract/2':
      return `EXTRACT(${first} FROM ${second})`;
    case 'position/2':
      return `POSITION(${second} IN ${first})`;
    case 'substring/2':
      return `SUBSTRING(${first} FROM ${second})`;
    case 'substring/3':
      return `SUBSTRING(${first} FROM ${second} FOR ${third})`;
    case 'btrim/1':
    case 'ltrim/1':
    case 'rtrim/1':
      return `TRIM(${TRIMS[name]} FROM ${first})`;
    case 'btrim/2':
    case 'ltrim/2':
    case 'rtrim/2':
      return `TRIM(${TRIMS[name]} ${second} FROM ${first})`;
    case 'timezone/2':
      return `(${second} AT TIME ZONE ${first})`;
    case 'overlay/3':
      return `OVERLAY(${first} PLACING ${second} FROM ${third})`;
    case 'overlay/4':
      return `OVERLAY(${first} PLACING ${second} FROM ${third} FOR ${args[3]})`;
    case 'overlaps/4':
      return `((${first}, ${second}) OVERLAPS (${third}, ${args[3]}))`;
    case 'normalize/1':
      return `NORMALIZE(${first})`;
    case 'normalize/2':
      return `NORMALIZE(${first}, ${normalForm(second)})`;
    case 'is_normalized/1':
      return `(${first} IS NORMALIZED)`;
    case 'is_normalized/2':
      return `(${first} IS ${normalForm(second)} NORMALIZED)`;
    default:
      throw unprintable(`the syntax of ${name}`);
  }
}

/** The grammar has it as a keyword, the tree as a text. */
function normalForm(printed: string | undefined): string {
  const form = /^'(NFC|NFD|NFKC|NFKD)'$/.exec(printed ?? '')?.[1];
  if (form === undefined) throw unprintable('this normal form');
  return form;
}

const TRIMS: Readonly<Record<string, string>> = { btrim: 'BOTH', ltrim: 'LEADING', rtrim: 'TRAILING' };

/** `OVER w` and `OVER (w)` are different trees: the second copies the window. */
function printOver(print: Print, window: WindowDef): string {
  return window.name === undefined ? printWindow(print, window) : quoteName(window.name);
}

/** The definition of a window, in parentheses, without its name. */
export function printWindow(print: Print, window: WindowDef): string {
  const list = (nodes: readonly Node[]): string => nodes.map(print).join(', ');
  return `(${words([
    window.refname === undefined ? '' : quoteName(window.refname),
    window.partitionClause === undefined ? '' : `PARTITION BY ${list(window.partitionClause)}`,
    window.orderClause === undefined ? '' : `ORDER BY ${list(window.orderClause)}`,
    printFrame(print, window),
  ])})`;
}

// parsenodes.h: FRAMEOPTION_*.
const NONDEFAULT = 0x1;
const BETWEEN = 0x10;
const UNITS = [
  { bit: 0x2, text: 'RANGE' },
  { bit: 0x4, text: 'ROWS' },
  { bit: 0x8, text: 'GROUPS' },
] as const;
const EDGES = [
  { start: 0x20, end: 0x40, text: 'UNBOUNDED PRECEDING', offset: false },
  { start: 0x80, end: 0x100, text: 'UNBOUNDED FOLLOWING', offset: false },
  { start: 0x200, end: 0x400, text: 'CURRENT ROW', offset: false },
  { start: 0x800, end: 0x1000, text: 'PRECEDING', offset: true },
  { start: 0x2000, end: 0x4000, text: 'FOLLOWING', offset: true },
] as const;
const EXCLUSIONS = [
  { bit: 0x8000, text: 'EXCLUDE CURRENT ROW' },
  { bit: 0x10000, text: 'EXCLUDE GROUP' },
  { bit: 0x20000, text: 'EXCLUDE TIES' },
] as const;

function printFrame(print: Print, window: WindowDef): string {
  const options = window.frameOptions ?? 0;
  if ((options & NONDEFAULT) === 0) return '';
  const unit = UNITS.find(({ bit }) => (options & bit) !== 0)?.text;
  const start = printEdge(print, options, 'start', window.startOffset);
  const end = printEdge(print, options, 'end', window.endOffset);
  if (unit === undefined || start === null || end === null) throw unprintable('this window frame');
  const exclusion = EXCLUSIONS.find(({ bit }) => (options & bit) !== 0)?.text ?? '';
  const extent = (options & BETWEEN) === 0 ? start : `BETWEEN ${start} AND ${end}`;
  return words([unit, extent, exclusion]);
}

function printEdge(
  print: Print,
  options: number,
  side: 'start' | 'end',
  offset: Node | undefined,
): string | null {
  const edge = EDGES.find((candidate) => (options & candidate[side]) !== 0);
  if (edge === undefined || (edge.offset && offset === undefined)) return null;
  return edge.offset && offset !== undefined ? `${print(offset)} ${edge.text}` : edge.text;
}

const DIRECTIONS: Readonly<Record<string, string>> = { SORTBY_ASC: 'ASC', SORTBY_DESC: 'DESC' };
const NULLS: Readonly<Record<string, string>> = {
  SORTBY_NULLS_FIRST: 'NULLS FIRST',
  SORTBY_NULLS_LAST: 'NULLS LAST',
};

export function printSort(print: Print, sort: SortBy): string {
  if (sort.node === undefined) throw unprintable('an empty ORDER BY');
  return words([
    print(sort.node),
    DIRECTIONS[sort.sortby_dir ?? ''] ?? '',
    NULLS[sort.sortby_nulls ?? ''] ?? '',
  ]);
}
