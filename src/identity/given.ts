/** An identity written down by someone who may say who asks (a policy test, a steward who asks for another), read strictly; it never comes from a token. */
import { z } from 'zod';
import { readStrictYaml } from '../config/strict-yaml.ts';
import { SluiceError } from '../errors.ts';
import { ANONYMOUS, type Identity } from './identity.ts';

const words = z.array(z.string().min(1).max(1_000)).max(10_000);
const attributeValue = z.union([
  z.string().max(10_000),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string().max(10_000), z.number()])).max(10_000),
]);

const facts = {
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
};

/** Who acts in person. Nobody without a token acts for anyone. */
export const givenActor = z
  .strictObject({ ...facts, kind: z.enum(['user', 'service']).optional().describe('By default a service.') })
  .describe('Who acts for it in person, as `act` of a token says: what both may do, may be done.');

/** Only what policies can ask for; what is left out, the identity does not have. */
export const givenIdentity = z
  .strictObject({ ...facts, actor: givenActor.optional() })
  .refine(({ kind, actor }) => kind !== 'anonymous' || actor === undefined, {
    error: 'nobody acts for somebody who is anonymous',
    path: ['actor'],
  });

export type GivenIdentity = z.output<typeof givenIdentity>;
export type GivenActor = z.output<typeof givenActor>;

/** Of a text as one writes it on a command line. @throws SluiceError usage */
export function readGivenIdentity(text: string): GivenIdentity {
  const { value } = readStrictYaml(text, givenIdentity, { file: 'the identity', env: null, code: 'usage' });
  return value;
}

/** Likewise, of who acts for another. @throws SluiceError usage */
export function readGivenActor(text: string): GivenActor {
  return readStrictYaml(text, givenActor, { file: 'the actor', env: null, code: 'usage' }).value;
}

/** @param issuer where none is given */
export function identityFrom(given: GivenIdentity, issuer: string | null): Identity {
  const { actor, ...subject } = given;
  if (actor === undefined) return identityOf(subject, issuer);
  return actingFor(identityOf(subject, issuer), identityOf({ kind: 'service', ...actor }, issuer));
}

/** The subject, for whom the other acts. @throws SluiceError bad_request where either cannot */
export function actingFor(subject: Identity, actor: Identity): Identity {
  const wrong = [subject, actor].find((one) => one.kind === 'anonymous' || one.actor !== undefined);
  if (wrong === undefined) return Object.freeze({ ...subject, actor });
  throw new SluiceError(
    'bad_request',
    wrong.kind === 'anonymous'
      ? 'Somebody who is anonymous neither acts for another nor has another act for them.'
      : `Somebody acts for ${wrong.sub} already.`,
  );
}

function identityOf(given: Omit<GivenIdentity, 'actor'>, issuer: string | null): Identity {
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
