/** Puts a seeded fault into a source text; a text that it does not fit exactly once is an error. */
import type { Mutant } from './mutants.ts';

export function patched({ name, find, replace }: Mutant, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`the fault "${name}" fits ${parts.length - 1} times`);
  return parts.join(replace);
}
