/** A glass that was broken and is whole again: the policy is over and still there. */
import { expect, it } from 'vitest';
import { columns, model } from '../dbt/sample.ts';
import { findings } from './support.ts';

const until = (expires: string) =>
  findings(
    {
      nodes: [model('members', { columns: columns('id') })],
      policies: `policies:
  - { id: g, on: everything, break_glass: { to: { group: on-call }, reason: incident, expires: ${expires} } }
`,
    },
    'break-glass-expired',
  );

it.each([
  ['2026-06-30', ['break-glass-expired g: it expired on 2026-06-30']],
  ['2026-07-01', ['break-glass-expired g: it expired on 2026-07-01']],
  ['2026-07-01T00:01Z', []],
])('on the first of July, one until %s', (expires, wanted) => expect(until(expires)).toEqual(wanted));
