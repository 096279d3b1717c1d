/** What the command line adds to a fault that a gate tells. */
import { expect, it } from 'vitest';
import { faultOf, renderFault } from '../../src/doors/cli/fault.ts';
import { SluiceError } from '../../src/errors.ts';

it('says how a token is given where one is needed', () => {
  expect(renderFault(new SluiceError('token_missing'), null)).toBe(
    'token_missing: A bearer token is needed\nhint: Give one with --token, or with --as PERSONA where there is a development issuer.',
  );
});

it('leaves the hint that there is', () => {
  expect(faultOf(new SluiceError('token_missing', undefined, { hint: 'sign in' })).hint).toBe('sign in');
});
