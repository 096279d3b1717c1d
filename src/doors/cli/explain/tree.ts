/** A tree of words as lines: what stands under what is drawn, for people. */

export interface Branch {
  readonly text: string;
  readonly under: readonly Branch[];
}

export const leaf = (text: string): Branch => ({ text, under: [] });

export function* drawn({ text, under }: Branch, indent = ''): Generator<string> {
  yield text;
  for (const [index, branch] of under.entries()) {
    const last = index === under.length - 1;
    const [first = '', ...rest] = drawn(branch);
    yield `${indent}${last ? '└─ ' : '├─ '}${first}`;
    for (const line of rest) yield `${indent}${last ? '   ' : '│  '}${line}`;
  }
}
