/** What a table says below itself where there are more rows: only what would bring them. */
import { expect, it } from 'vitest';
import { moreOf } from '../../src/doors/cli/commands/query.ts';

it.each([
  ['nothing more', false, undefined, ''],
  ['a further page', true, undefined, ', and there are more: see --limit, or --format csv'],
  [
    'rows that a policy cuts off',
    true,
    'rows',
    ', which is as many as a policy lets through; there are more',
  ],
  ['bytes', true, 'bytes', ', and there are more: the answer is cut at limits.max_bytes'],
] as const)('%s', (_name, has_more, truncated, told) => {
  const cut = truncated === undefined ? {} : { truncated };
  expect(moreOf({ page: { returned: 3, has_more }, ...cut })).toBe(told);
});
