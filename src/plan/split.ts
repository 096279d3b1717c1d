/** The classes of one shape, split by how they answer the conditions of each part, with the question that each piece comes down to. */
import type { IdentityKind } from '../identity/identity.ts';
import { Bitset } from './bitset.ts';
import { dependsOnRequest, type IdentityClass, type TruthTable } from './classes.ts';
import type { ConditionTable } from './conditions.ts';
import type { Questions } from './questions.ts';
import type { Part, Shape } from './shape.ts';

/** Classes that are decided for alike, on both sides. */
export interface Piece {
  readonly classes: Bitset;
  /** Keys of the questions; null where there is no such part. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface SplitPart {
  readonly before: Part | null;
  readonly after: Part | null;
  readonly pieces: readonly Piece[];
}

/** One shape in one variant of the circumstances. */
export interface SplitShape {
  readonly access: SplitPart;
  /** By the position of the column. */
  readonly columns: readonly SplitPart[];
}

/** Partitions that are kept, each of as many bits as there are classes, times its pieces. */
const MOST_KEPT = 1_000;

const KINDS: readonly IdentityKind[] = ['anonymous', 'service', 'user'];

export class Splitter {
  readonly #classes: readonly IdentityClass[];
  readonly #conditions: ConditionTable;
  readonly #truths: TruthTable;
  readonly #questions: Questions;
  /** By conditions and variant: many parts ask for the same. */
  readonly #partitions = new Map<string, readonly Bitset[]>();

  constructor(
    classes: readonly IdentityClass[],
    conditions: ConditionTable,
    truths: TruthTable,
    questions: Questions,
  ) {
    this.#classes = classes;
    this.#conditions = conditions;
    this.#truths = truths;
    this.#questions = questions;
  }

  /** Whether its conditions ask for networks or hours. */
  varies({ before, after }: Shape): boolean {
    return [before, after].some((side) =>
      side?.conditions.some((number) => dependsOnRequest(this.#conditionAt(number))),
    );
  }

  split({ before, after, columns }: Shape, variant: number): SplitShape {
    const parts = new Map<Part | null, Map<Part | null, SplitPart>>();
    const of = (was: Part | null, is: Part | null): SplitPart => {
      const known = parts.get(was)?.get(is);
      if (known !== undefined) return known;
      const made = this.#splitPart(was, is, columns.length, variant);
      const row = parts.get(was) ?? new Map<Part | null, SplitPart>();
      parts.set(was, row.set(is, made));
      return made;
    };
    return {
      access: of(before?.access ?? null, after?.access ?? null),
      columns: columns.map((_, position) =>
        of(before?.masks[position] ?? null, after?.masks[position] ?? null),
      ),
    };
  }

  #splitPart(before: Part | null, after: Part | null, columns: number, variant: number): SplitPart {
    const numbers = [...new Set([...(before?.conditions ?? []), ...(after?.conditions ?? [])])].sort(
      (a, b) => a - b,
    );
    const pieces = this.#partition(numbers, variant).map((classes): Piece => {
      const [one = 0] = classes;
      const kind = this.#classes[one]?.identity.kind ?? 'anonymous';
      const ask = (part: Part | null): string | null =>
        part === null
          ? null
          : this.#questions.add(
              part,
              columns,
              kind,
              part.conditions.map((number) => this.#row(number, variant)[one] ?? 1),
            );
      return { classes, before: ask(before), after: ask(after) };
    });
    return { before, after, pieces };
  }

  /** Classes of one kind that answer each of the conditions alike. */
  #partition(numbers: readonly number[], variant: number): readonly Bitset[] {
    const key = `${variant} ${numbers.join(' ')}`;
    const known = this.#partitions.get(key);
    if (known !== undefined) return known;
    let part = Int32Array.from(this.#classes, ({ identity }) => KINDS.indexOf(identity.kind));
    let count = KINDS.length;
    for (const number of numbers) {
      const row = this.#row(number, variant);
      const renumbered = new Int32Array(count * 3).fill(-1);
      let next = 0;
      part = part.map((old, index) => {
        const at = old * 3 + (row[index] ?? 1);
        if (renumbered[at] === -1) renumbered[at] = next++;
        return renumbered[at] ?? 0;
      });
      count = next;
    }
    const sets = new Map<number, Bitset>();
    for (const [index, of] of part.entries()) {
      const set = sets.get(of) ?? new Bitset(this.#classes.length);
      set.add(index);
      sets.set(of, set);
    }
    const made = [...sets.values()];
    if (this.#partitions.size >= MOST_KEPT) this.#partitions.clear();
    this.#partitions.set(key, made);
    return made;
  }

  #row(number: number, variant: number): Uint8Array {
    return this.#truths.row(number, this.#conditionAt(number), variant);
  }

  #conditionAt(number: number) {
    return this.#conditions.conditions[number] ?? [];
  }
}
