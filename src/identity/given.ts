/** An identity written down by someone who may say who asks (a policy test, a steward who asks for another), read strictly; it never comes from a token. */
import { z } from 'zod';
import { readStrictYaml } from '../config/strict-yaml.ts';
import { ANONYMOUS, type Identity } from './identity.ts';

const words = z.array(z.string().min(1).max(1_000)).max(10_000);
const attributeValue = z.union([
  z.string().max(10_000),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string().max(10_000), z.number()])).max(10_000),
]);

/** Only what policies can ask for; what is left out, the identity does not have. */
export const givenIdentity = z.strictObject({
  sub: z.string().min(1).max(255).optional(),
  kind: z.enum(['user', 'service', 'anonymous']).optional().describe('By default a user.'),
  groups: words.optional(),
  roles: words.optional(),
  scopes: words.optional(),
  attributes: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), attributeValue)
    .optional()
    .describe('One that is missing is unknown, never empty.'),
  issuer: z.string().min(1).max(2_000).optional(),
});

export type GivenIdentity = z.output<typeof givenIdentity>;

/** Of a text as one writes it on a command line. @throws SluiceError usage */
export function readGivenIdentity(text: string): GivenIdentity {
  const { value } = readStrictYaml(text, givenIdentity, { file: 'the identity', env: null, code: 'usage' });
  return value;
}

/** @param issuer where none is given */
export function identityFrom(given: GivenIdentity, issuer: string | null): Identity {
  if (given.kind === 'anonymous') return ANONYMOUS;
  return Object.freeze({
    sub: given.sub ?? 'someone',
    kind: given.kind ?? 'user',
    display_name: null,
    groups: Object.freeze([...new Set(given.groups)]),
    roles: Object.freeze([...new Set(given.roles)]),
    scopes: Object.freeze([...new Set(given.scopes)]),
    attributes: Object.freeze({ ...given.attributes }),
    issuer: given.issuer ?? issuer,
  });
}
