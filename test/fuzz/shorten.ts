/** Makes a finding short: leaves out runs of characters as long as what is left is a finding of the same sort. */
import type { FuzzTarget } from './target.ts';

export async function shortened(text: string, target: FuzzTarget): Promise<string> {
  const first = await target.try(text);
  if (first.kind !== 'finding') return text;
  const sort = first.what.slice(0, 40);
  let points = Array.from(text);
  for (let size = Math.ceil(points.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < points.length; ) {
      const without = [...points.slice(0, at), ...points.slice(at + size)];
      const outcome = await target.try(without.join(''));
      if (outcome.kind === 'finding' && outcome.what.slice(0, 40) === sort) points = without;
      else at += size;
    }
  }
  return points.join('');
}
