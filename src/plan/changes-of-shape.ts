/** What changes in datasets of one shape, and for which classes, once every question is answered. */
import { Bitset } from './bitset.ts';
import {
  type Answered,
  type Atom,
  atom,
  compareAccess,
  compareColumn,
  viewOf,
  wholeDataset,
} from './compare.ts';
import type { Questions } from './questions.ts';
import type { Part, Shape } from './shape.ts';
import type { Piece, SplitPart, SplitShape } from './split.ts';

export interface Change {
  readonly atom: Atom;
  readonly classes: Bitset;
}

/** How one side is seen: who gets in, who may know of it, and who is shown which tagged column. */
interface Sight {
  readonly side: 'before' | 'after';
  readonly allowed: Bitset;
  readonly visible: ReadonlyMap<number, Bitset>;
}

/** @param size number of all classes */
export function changesOfShape(
  shape: Shape,
  split: SplitShape,
  questions: Questions,
  size: number,
): readonly Change[] {
  const answer = (part: Part | null, key: string | null): Answered | null =>
    part === null || key === null ? null : { part, decision: questions.answer(key) };
  const answers = (of: SplitPart, piece: Piece) => ({
    before: answer(of.before, piece.before),
    after: answer(of.after, piece.after),
  });
  const was = sightOf('before');
  const is = sightOf('after');
  const both = was.allowed.and(is.allowed);
  const found: Change[] = [];
  const add = (one: Atom, classes: Bitset): void => {
    if (!classes.empty) found.push({ atom: one, classes });
  };
  /** Told apart by which tagged columns are shown. */
  const addSeen = (one: Atom, classes: Bitset, { visible }: Sight): void => {
    let groups: readonly { readonly classes: Bitset; readonly tagged: readonly number[] }[] = [
      { classes, tagged: [] },
    ];
    for (const [column, shown] of visible)
      groups = groups
        .flatMap((group) => [
          { classes: group.classes.and(shown), tagged: [...group.tagged, column] },
          { classes: group.classes.without(shown), tagged: group.tagged },
        ])
        .filter((group) => !group.classes.empty);
    for (const group of groups) add({ ...one, tagged: group.tagged }, group.classes);
  };

  for (const piece of split.access.pieces) {
    const { before, after } = answers(split.access, piece);
    const why = { from: reasonOf(shape.before, before), to: reasonOf(shape.after, after) };
    if (after !== null)
      addSeen(
        wholeDataset('dataset_gained', why, after),
        piece.classes.and(is.allowed).without(was.allowed),
        is,
      );
    if (before !== null)
      addSeen(
        wholeDataset('dataset_lost', why, before),
        piece.classes.and(was.allowed).without(is.allowed),
        was,
      );
    if (before !== null && after !== null)
      for (const one of compareAccess(before, after)) addSeen(one, piece.classes.and(both), is);
    const known = [before, after].map(
      (one) => one !== null && (one.decision.allow || one.decision.discoverable),
    );
    if (known[0] !== known[1])
      add(discovery(known[1] === true), piece.classes.without(was.allowed).without(is.allowed));
  }
  split.columns.forEach((of, column) => {
    for (const piece of of.pieces) {
      const classes = piece.classes.and(both);
      if (classes.empty) continue;
      const { before, after } = answers(of, piece);
      for (const one of compareColumn(shape, column, before, after)) add(one, classes);
    }
  });
  return found;

  function sightOf(side: 'before' | 'after'): Sight {
    let allowed = new Bitset(size);
    if (shape[side] !== null && !shape[side].invalid)
      for (const piece of split.access.pieces)
        if (answers(split.access, piece)[side]?.decision.allow) allowed = allowed.or(piece.classes);
    const visible = new Map<number, Bitset>();
    split.columns.forEach((of, column) => {
      let shown = new Bitset(size);
      for (const piece of of.pieces) {
        const answered = answers(of, piece)[side];
        // A part that cannot be decided releases nothing of the whole.
        if (answered?.decision.allow === false) allowed = allowed.without(piece.classes);
        if (viewOf(shape, column, side, answered).kind !== 'absent') shown = shown.or(piece.classes);
      }
      if (shape.columns[column]?.tagged) visible.set(column, shown);
    });
    return { side, allowed, visible };
  }
}

function reasonOf(side: Shape['before'], answered: Answered | null): string {
  if (side === null || answered === null) return 'not there';
  if (!answered.decision.allow) return answered.decision.reason;
  return side.invalid ? 'refused: invalid' : 'allowed';
}

function discovery(becomes: boolean): Atom {
  return atom(
    becomes
      ? { change: 'becomes_discoverable', direction: 'notice', from: 'unknown', to: 'known of' }
      : { change: 'no_longer_discoverable', direction: 'notice', from: 'known of', to: 'unknown' },
  );
}
