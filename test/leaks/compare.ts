/** Results as multisets: order does not count, floats are equal to nine digits, everything else exactly. */

type Rows = readonly (readonly unknown[])[];

export function sameRows(left: Rows, right: Rows): boolean {
  if (left.length !== right.length) return false;
  const a = left.map((row) => JSON.stringify(row)).sort();
  const b = right.map((row) => JSON.stringify(row)).sort();
  if (a.every((row, i) => row === b[i])) return true;
  return matched(onlyIn(a, b), onlyIn(b, a));
}

/** What is left of `left` when each row of `right` takes one away; both sorted. */
function onlyIn(left: readonly string[], right: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const row of right) counts.set(row, (counts.get(row) ?? 0) + 1);
  return left.filter((row) => {
    const count = counts.get(row) ?? 0;
    if (count > 0) counts.set(row, count - 1);
    return count === 0;
  });
}

/** Each row finds a partner of its own that is close to it. Few rows come here: those that differ in some digit. */
function matched(left: readonly string[], right: readonly string[]): boolean {
  const rest = right.map((row) => JSON.parse(row) as unknown);
  return left.every((row) => {
    const value: unknown = JSON.parse(row);
    const at = rest.findIndex((other) => close(value, other));
    if (at < 0) return false;
    rest.splice(at, 1);
    return true;
  });
}

const TOLERANCE = 1e-9;

function close(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => close((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}
