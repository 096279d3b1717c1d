/** The `identity:` part of sluice.yml: issuers, how their claims become an identity, and the development issuer. */
import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { duration } from './units.ts';

/** Signatures by public keys only: with a shared secret, whoever can verify a token can also forge one. */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const REFUSED_ALGORITHMS: Readonly<Record<string, string>> = {
  none: 'none is not accepted: such a token is not signed at all',
  HS256: 'HS256 is not accepted: its key is shared, so that whoever verifies could also forge',
  HS384: 'HS384 is not accepted: its key is shared, so that whoever verifies could also forge',
  HS512: 'HS512 is not accepted: its key is shared, so that whoever verifies could also forge',
};

const claimPath = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
    error: 'must be a claim path: a text such as realm_access.roles, or a list of its parts',
  })
  .meta({ title: 'claim path' });

const attributeName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: 'an attribute name consists of letters, digits and underscores',
});

const serviceRule = z
  .strictObject({
    claim: claimPath.describe('The claim to look at.'),
    equals: z
      .union([z.string(), z.number(), z.boolean()])
      .optional()
      .describe('A service where the claim has this value.'),
    starts_with: z.string().min(1).optional().describe('A service where the claim begins with this text.'),
    same_as: claimPath
      .optional()
      .describe('A service where the claim has the same value as this other claim.'),
    present: z
      .boolean()
      .optional()
      .describe('`true`: a service where the claim is there; `false`: where it is not.'),
  })
  .refine(
    (rule) =>
      [rule.equals, rule.starts_with, rule.same_as, rule.present].filter((test) => test !== undefined)
        .length === 1,
    { error: 'needs exactly one of equals, starts_with, same_as, present' },
  );

const issuer = z.strictObject({
  issuer: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .describe('The issuer, exactly as its tokens and its discovery document name it.'),
  audience: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
      error: 'must be a text or a list of texts',
    })
    .describe('Accepted audiences; a token must name at least one of them.'),
  discovery: z
    .boolean()
    .optional()
    .describe(
      'Find the keys through `/.well-known/openid-configuration`. The default, unless `jwks_uri` is given.',
    ),
  jwks_uri: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe('Where the keys are published, for issuers without discovery.'),
  algorithms: z
    .array(
      z.enum(ALGORITHMS, {
        error: (issue) => REFUSED_ALGORITHMS[String(issue.input)],
      }),
    )
    .min(1)
    .prefault(['RS256', 'ES256'])
    .describe('Signature algorithms that this issuer may use; any other is refused.'),
  claims: z
    .strictObject({
      groups: claimPath.prefault('groups').describe('A list of group names.'),
      roles: claimPath.prefault('roles').describe('A list of role names.'),
      scopes: claimPath.prefault('scope').describe('A list of scopes, or one text separated by spaces.'),
      display_name: claimPath.prefault('name').describe('A name for people.'),
      attributes: z
        .record(attributeName, claimPath)
        .prefault({})
        .describe('Attribute names that policies use, each with the claim that it comes from.'),
    })
    .prefault({})
    .describe(
      'Which claims become which part of the identity. In a claim path, dots step into objects (`realm_access.roles`); a list of parts, or a name that begins with `http://` or `https://`, is taken literally.',
    ),
  service: serviceRule
    .prefault({ claim: 'client_id', same_as: 'sub' })
    .describe(
      'How a service is told from a user; whoever is not a service is a user. The default is what RFC 9068 says of the client credentials grant.',
    ),
});

/** Compiled where it is used: the policy language belongs to the policies. */
const permission = z.unknown().meta({ title: 'condition' });

export const identitySchema = z.strictObject({
  clock_skew: duration({ least: '0s', most: '5m' })
    .prefault('30s')
    .describe('How far the clocks of issuer and gate may differ.'),
  issuers: z.array(issuer).prefault([]).describe('Whose bearer tokens are accepted.'),
  development: z
    .strictObject({
      personas: z.string().min(1).prefault('personas.yml').describe('The file that names the personas.'),
      port: z
        .int()
        .min(0)
        .max(65_535)
        .prefault(8081)
        .describe('Loopback port of the development issuer; 0 takes any free one.'),
      audience: z.string().min(1).prefault('sluice').describe('The audience of its tokens.'),
      token_lifetime: duration({ least: '1s', most: '30d' })
        .prefault('8h')
        .describe('How long its tokens are valid.'),
    })
    .optional()
    .describe(
      'A real OpenID Connect provider on this machine that signs tokens for personas. Only where `environment` is `development`.',
    ),
  seen: z
    .strictObject({
      keep: duration({ least: '0s', most: '365d' })
        .prefault('90d')
        .describe(
          'How long an identity is remembered after its last request, with its groups, roles, scopes and attributes and the day, so that `plan` can tell whom a change concerns. `0s` remembers nobody.',
        ),
    })
    .prefault({})
    .describe('Who was seen lately.'),
  permissions: z
    .strictObject({
      steward: permission
        .optional()
        .describe('Who sees governed SQL, filters, physical names and policies. Nobody by default.'),
      publisher: permission.optional().describe('Who may push metadata. Nobody by default.'),
      auditor: permission.optional().describe('Who reads the whole audit. Nobody by default.'),
    })
    .prefault({})
    .describe('Who may do what beyond reading data; each a condition in the policy language.'),
});

export type IdentityConfig = DeepReadonly<z.output<typeof identitySchema>>;
export type IssuerConfig = IdentityConfig['issuers'][number];
export type DevelopmentConfig = NonNullable<IdentityConfig['development']>;
export type ClaimPath = IssuerConfig['claims']['groups'];
export type ServiceRule = IssuerConfig['service'];
