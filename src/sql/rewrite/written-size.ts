/**
 * How large a lowered tree is when it is written out. What an engine has no one word for is said with its arguments
 * repeated, so that nesting multiplies them: twenty levels of initcap would be gigabytes of text.
 */
import { SluiceError } from '../../errors.ts';
import type { Node } from '../tree.ts';
import { eachChild } from '../walk.ts';

/** Five times what the guard lets a text have: some megabytes. */
const MOST_NODES = 250_000;

/**
 * @param root as the lowering made it, where a part that is repeated is one object: later passes make a copy of each.
 * @throws SluiceError sql_too_large
 */
export function checkWrittenSize(root: Node): void {
  const sizes = new Map<Node, number>();
  const sizeOf = (node: Node): number => {
    const known = sizes.get(node);
    if (known !== undefined) return known;
    let size = 1;
    eachChild(node, (child) => {
      size += sizeOf(child);
    });
    sizes.set(node, size);
    return size;
  };
  if (sizeOf(root) <= MOST_NODES) return;
  throw new SluiceError('sql_too_large', 'The query becomes too long in the words of this engine', {
    hint: 'Compute what is nested step by step, each in a CTE.',
  });
}
