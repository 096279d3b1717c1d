/** Clean-room rules against the catalogue: names become folded columns, and whatever would isolate somebody by itself is a problem at push. */
import type { CleanRoom, CleanRoomJoin, CleanRoomLimits, Coarsening } from './clean-room.ts';
import type { Column, Dataset, TypeFamily } from './dataset.ts';
import {
  type Fields,
  meant,
  type Path,
  type Report,
  RULE_KEYS,
  readMap,
  readRules,
  type WrittenRules,
} from './read-clean-room.ts';
import { readTerms, TERM_KEYS, type WrittenTerms } from './read-room-terms.ts';

const NUMBERS: readonly TypeFamily[] = ['integer', 'decimal', 'float'];
const MOMENTS: readonly TypeFamily[] = ['date', 'timestamp', 'timestamptz'];

/** `clean_room` of an exposure, against the datasets of its project. Null where anything was wrong; each problem was reported. */
export function readCleanRoom(
  value: unknown,
  { name, datasets }: { readonly name: string; readonly datasets: readonly Dataset[] },
  tell: Report,
): CleanRoom | null {
  let sound = true;
  const report: Report = (path, message) => {
    sound = false;
    tell(path, message);
  };
  const room = readMap(value, [...TERM_KEYS, 'datasets'], [], report);
  if (room === null) return null;
  const terms = readTerms(room, [], report);
  const written = new Map<Dataset, readonly [rules: WrittenRules, path: Path]>();
  for (const [key, fields] of Object.entries(listed(room, report))) {
    const path = ['datasets', key];
    const dataset = named(key, datasets);
    if (dataset === undefined) {
      const known = datasets.map(({ id }) => id);
      report(path, `\`${key}\` is no dataset of the project${meant(key, known)}`);
      continue;
    }
    if (written.has(dataset)) report(path, `${dataset.id} stands here twice`);
    const map = readMap(fields, RULE_KEYS, path, report);
    const rules = map === null ? null : readRules(map, path, report);
    if (rules !== null) written.set(dataset, [rules, path]);
  }
  const find = (wanted: string): Dataset | undefined => named(wanted, [...written.keys()]);
  const limits = [...written].map(
    ([dataset, [rules, path]]) =>
      [dataset.id, settleRules({ room: name, terms, rules, dataset, find }, path, report)] as const,
  );
  const settled = limits.flatMap(([id, one]) => (one === null ? [] : [[id, one] as const]));
  const byId = Object.fromEntries(settled);
  for (const [id, { joins }] of settled)
    for (const join of joins)
      for (const { other } of join.on)
        if (!(byId[join.dataset]?.join_keys.includes(other) ?? true))
          report(['datasets', id, 'joins'], `\`${other}\` is to be one of the join_keys of ${join.dataset}`);
  return sound ? Object.freeze({ datasets: Object.freeze(byId) }) : null;
}

function listed({ datasets }: Fields, report: Report): Fields {
  if (typeof datasets === 'object' && datasets !== null && !Array.isArray(datasets)) {
    if (Object.keys(datasets).length > 0) return datasets as Fields;
    report(['datasets'], 'a clean room without datasets releases nothing; name at least one');
  } else report(['datasets'], 'a clean room needs `datasets`: a map of rules by dataset');
  return {};
}

/** By one of its ids, or by its dbt name. */
function named(key: string, datasets: readonly Dataset[]): Dataset | undefined {
  const wanted = key.toLowerCase();
  const [only, second] = datasets.filter(({ names }) => names.includes(wanted));
  if (only !== undefined) return second === undefined ? only : undefined;
  const [one, another] = datasets.filter(({ name }) => name.toLowerCase() === wanted);
  return another === undefined ? one : undefined;
}

export interface SettleAsk {
  readonly room: string;
  readonly terms: WrittenTerms;
  readonly rules: WrittenRules;
  readonly dataset: Dataset;
  /** The datasets that may be joined. */
  readonly find: (name: string) => Dataset | undefined;
}

/** Null where anything was wrong; each problem was reported. */
export function settleRules(ask: SettleAsk, path: Path, tell: Report): CleanRoomLimits | null {
  const { room, terms, rules, dataset, find } = ask;
  let sound = true;
  const report: Report = (place, message) => {
    sound = false;
    tell(place, message);
  };
  const columnOf = (name: string, place: Path, of: Dataset = dataset): Column | null => {
    const column = columnNamed(name, of);
    if (column !== null) return column;
    const known = of.columns.filter(({ exposed }) => exposed).map((one) => one.name);
    report(place, `${of === dataset ? '' : `${of.id} has `}no column \`${name}\`${meant(name, known)}`);
    return null;
  };
  const unit = columnOf(rules.unit, [...path, 'unit']);
  const dimensions = rules.dimensions.flatMap(({ name, mask }, i) => {
    const place = [...path, 'dimensions', i];
    const column = columnOf(name, place);
    if (column === null) return [];
    if (column === unit) report(place, `\`${name}\` is the unit: a group of one person is no group`);
    if (mask !== null && !fits(mask, column))
      report(
        place,
        `\`${mask.kind}\` does not fit \`${name}\`, a column of type ${column.type ?? column.family}`,
      );
    return [{ column: column.folded, mask }];
  });
  const measures = rules.measures.flatMap(({ name, ...bounds }, i) => {
    const place = [...path, 'measures', i];
    const column = columnOf(name, place);
    if (column === null) return [];
    if (!NUMBERS.includes(column.family))
      report(place, `a measure is a number; \`${name}\` is of type ${column.type ?? column.family}`);
    if (column === unit) report(place, `\`${name}\` is the unit, and sums of it would name people`);
    if (dimensions.some((one) => one.column === column.folded))
      report(place, `\`${name}\` is a dimension already; a column is one or the other`);
    if (terms.noise !== null && (bounds.min === undefined || bounds.max === undefined))
      report(place, `with noise a measure needs its bounds: { column: ${name}, min: …, max: … }`);
    return [{ column: column.folded, ...bounds }];
  });
  const names = (list: readonly string[], key: string): readonly string[] =>
    list.flatMap((name, i) => columnOf(name, [...path, key, i])?.folded ?? []);
  const joinKeys = names(rules.joinKeys, 'join_keys');
  const filters = names(rules.filters, 'filters');
  if (filters.length > 0 && terms.noise === null)
    report([...path, 'filters'], '`filters` need `noise`: exact answers to any condition add up to the data');
  if (unit !== null && filters.includes(unit.folded))
    report([...path, 'filters'], `\`${rules.unit}\` is the unit: a condition on it chooses a person`);
  const joins = rules.joins.flatMap(({ dataset: other, on }, i): readonly CleanRoomJoin[] => {
    const place = [...path, 'joins', i];
    const target = find(other);
    if (target === undefined || target === dataset) {
      report(
        place,
        target === undefined ? `\`${other}\` is no dataset of the room` : 'a dataset does not join itself',
      );
      return [];
    }
    if (target.engine !== dataset.engine) report(place, `${target.id} lies in another engine`);
    return [{ dataset: target.id, on: on.flatMap((pair) => pairOf(pair, target, place)) }];
  });
  function pairOf(
    { column, other }: { readonly column: string; readonly other: string },
    target: Dataset,
    place: Path,
  ): CleanRoomJoin['on'] {
    const [own, theirs] = [columnOf(column, place), columnOf(other, place, target)];
    if (own === null || theirs === null) return [];
    if (!joinKeys.includes(own.folded))
      report(place, `\`${column}\` is to be one of the join_keys of ${dataset.id}`);
    if (own.family !== theirs.family) report(place, `\`${column}\` and \`${other}\` are of different types`);
    return [{ column: own.folded, other: theirs.folded }];
  }
  for (const [key, list] of [
    ['dimensions', dimensions.map(({ column }) => column)],
    ['measures', measures.map(({ column }) => column)],
    ['joins', joins.map((join) => join.dataset)],
  ] as const)
    if (new Set(list).size < list.length) report([...path, key], `\`${key}\` names something twice`);
  if (!sound || unit === null) return null;
  return {
    room,
    min_group_size: terms.minGroupSize,
    unit: unit.folded,
    one_row_per_unit: rules.oneRowPerUnit,
    dimensions,
    measures,
    join_keys: joinKeys,
    joins,
    filters,
    noise: terms.noise,
    budget: terms.budget,
  };
}

/** As it is spelled, or the only one that differs by case alone; a column that nobody may see is none. */
function columnNamed(name: string, { columns }: Dataset): Column | null {
  const shown = columns.filter(({ exposed }) => exposed);
  const exact = shown.find((one) => one.folded === name || one.name === name);
  if (exact !== undefined) return exact;
  const [only, second] = shown.filter((one) => one.folded.toLowerCase() === name.toLowerCase());
  return only !== undefined && second === undefined ? only : null;
}

function fits(mask: Coarsening, { family }: Column): boolean {
  if (family === 'unknown') return true;
  switch (mask.kind) {
    case 'bucket':
    case 'round':
      return NUMBERS.includes(family);
    case 'truncate_date':
      return MOMENTS.includes(family) && !(family === 'date' && mask.to === 'hour');
    default:
      return mask satisfies never;
  }
}
