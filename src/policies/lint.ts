/** What a push warns of: policies without effect, words that nothing carries, masks that do not fit. */
import { type Finding, finding, type RuleId } from '../findings.ts';
import { nearest } from '../nearest.ts';
import type { PolicyDefinition } from './definition.ts';
import type { PolicyIndex } from './match.ts';
import type { Path } from './problem.ts';
import type { Selector, SelectorAtom } from './selector.ts';

/** What matching found out about a policy. */
export interface Coverage {
  readonly datasets: number;
  /** Columns that its mask cannot keep the type of, as people read them. */
  readonly misfits: readonly string[];
}

export function lint(
  definitions: readonly PolicyDefinition[],
  coverage: (id: string) => Coverage,
  index: PolicyIndex,
): readonly Finding[] {
  return [
    ...definitions.flatMap((definition) => {
      const warn = (rule: RuleId, path: Path, message: string) =>
        finding(rule, message, {
          policy: definition.id,
          file: definition.source.file,
          line: definition.lineOf(path),
        });
      const words = atomsOf(definition.on).flatMap((atom) => {
        const message = unknownWord(atom, index);
        const rule = atom.kind.includes('tag') ? 'unknown-tag' : 'unknown-name';
        return message === null ? [] : [warn(rule, atom.path, message)];
      });
      const { datasets, misfits } = coverage(definition.id);
      const idle = datasets === 0 ? [warn('policy-matches-nothing', ['on'], 'it matches nothing')] : [];
      return [
        ...words,
        ...idle,
        ...(misfits.length === 0 ? [] : [warn('mask-does-not-fit', ['mask'], misfit(definition, misfits))]),
      ];
    }),
  ];
}

function atomsOf(selector: Selector): readonly SelectorAtom[] {
  switch (selector.kind) {
    case 'everything':
      return [];
    case 'any':
    case 'all':
      return selector.args.flatMap(atomsOf);
    case 'not':
      return atomsOf(selector.arg);
    default:
      return [selector];
  }
}

/** A tag or name that nothing carries is most likely a typo, and a policy that covers nothing protects nothing. */
function unknownWord(atom: SelectorAtom, index: PolicyIndex): string | null {
  if (atom.value.includes('*') || ['level', 'environment', 'column_type'].includes(atom.kind)) return null;
  if (index.by[atom.kind].has(atom.value)) return null;
  const subject = atom.kind.startsWith('column') ? 'column' : 'dataset';
  const what = atom.kind.includes('tag')
    ? `is tagged \`${atom.value}\``
    : `has the ${atom.kind} \`${atom.value}\``;
  const other = atom.kind === 'tag' ? 'column_tag' : 'tag';
  if (atom.kind.includes('tag') && index.by[other].has(atom.value)) {
    return `no ${subject} ${what}, ${subject === 'column' ? 'datasets are: did you mean `tag`?' : 'columns are: did you mean `column_tag`?'}`;
  }
  const near = nearest(atom.value, index.by[atom.kind].keys());
  return `no ${subject} ${what}${near === null ? '' : `; did you mean \`${near}\`?`}`;
}

/** Masks keep the column's type; one that cannot falls back to null, which releases less than was meant. */
function misfit({ body }: PolicyDefinition, columns: readonly string[]): string {
  const shown = columns.slice(0, 3).join(', ');
  const more = columns.length > 3 ? ` and ${columns.length - 3} more` : '';
  return `${body.effect === 'mask' ? body.mask.kind : body.effect} does not fit ${shown}${more}: null is shown instead`;
}
