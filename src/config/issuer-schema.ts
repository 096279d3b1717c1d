/** One issuer of bearer tokens in sluice.yml: whom it is for, how its claims become an identity, what they must say. */
import { z } from 'zod';

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

/** Whose tokens are known by shape; see docs/reference/identity.md. */
export const PROVIDERS = ['generic', 'keycloak', 'entra', 'okta', 'auth0', 'cognito', 'google'] as const;

const claimPath = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
    error: 'must be a claim path: a text such as realm_access.roles, or a list of its parts',
  })
  .meta({ title: 'claim path' });

const attributeName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: 'an attribute name consists of letters, digits and underscores',
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const serviceRule = z
  .strictObject({
    claim: claimPath.describe('The claim to look at.'),
    equals: scalar.optional().describe('A service where the claim has this value.'),
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

const required = z
  .record(z.string().min(1), z.union([scalar, z.array(scalar).min(1)]))
  .describe(
    'Claims, by path, that a token must carry with this value, or with one of these; a claim that is a list must hold one of them.',
  );

const words = z.array(z.string().min(1)).prefault([]);

const actorFacts = z.strictObject({
  kind: z.enum(['user', 'service']).optional().describe('What it is, whatever its claims say.'),
  groups: words.describe('Its groups.'),
  roles: words.describe('Its roles.'),
  scopes: words.describe('Its scopes.'),
  attributes: z
    .record(
      attributeName,
      z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))]),
    )
    .prefault({})
    .describe('Its attributes; they count before those of the token.'),
});

const claims = z.strictObject({
  groups: claimPath.optional().describe('A list of group names. Default: the provider’s, else `groups`.'),
  roles: claimPath.optional().describe('A list of role names. Default: the provider’s, else `roles`.'),
  scopes: claimPath
    .optional()
    .describe('A list of scopes, or one text separated by spaces. Default: the provider’s, else `scope`.'),
  display_name: claimPath.optional().describe('A name for people. Default: the provider’s, else `name`.'),
  attributes: z
    .record(attributeName, claimPath)
    .prefault({})
    .describe('Attribute names that policies use, each with the claim that it comes from.'),
});

export const issuerSchema = z
  .strictObject({
    issuer: z
      .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
      .describe('The issuer, exactly as its tokens and its discovery document name it.'),
    provider: z
      .enum(PROVIDERS)
      .prefault('generic')
      .describe(
        'Whose tokens these are: their claims are then read without further ado. `claims` and `service` say otherwise where need be.',
      ),
    client: z
      .string()
      .min(1)
      .optional()
      .describe('Keycloak: the client whose roles count beside those of the realm.'),
    namespace: z
      .string()
      .min(1)
      .optional()
      .describe('Auth0: what stands before `groups`, `roles` and `name` in the claims of its Actions.'),
    tenant: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Entra: the tenant id that tokens must carry. Google: the domain (`hd`) that users must be of.',
      ),
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
    claims: claims
      .prefault({})
      .describe(
        'Which claims become which part of the identity. In a claim path, dots step into objects (`realm_access.roles`); a list of parts, or a name that begins with `http://` or `https://`, is taken literally.',
      ),
    service: serviceRule
      .optional()
      .describe(
        'How a service is told from a user; whoever is not a service is a user. Default: the provider’s, else what RFC 9068 says of the client credentials grant: `client_id` is the same as `sub`.',
      ),
    require: required.optional().describe('What every token must carry: the environment, the tenant.'),
    users: z
      .strictObject({ require: required })
      .optional()
      .describe('What the tokens of users must carry besides.'),
    services: z
      .strictObject({ require: required })
      .optional()
      .describe('What the tokens of services must carry besides.'),
    actors: z
      .record(z.string().min(1), actorFacts)
      .prefault({})
      .describe(
        'Facts of those who act for others (`act`, RFC 8693), by their `sub`, added to what the token says of them.',
      ),
  })
  .superRefine((issuer, context) => {
    for (const [option, providers] of OPTIONS)
      if (issuer[option] !== undefined && !providers.some((one) => one === issuer.provider))
        context.addIssue({
          code: 'custom',
          path: [option],
          message: `is an option of provider: ${providers.join(' or ')}`,
        });
    // Whoever has an account there could sign in.
    if (issuer.provider === 'google' && (issuer.tenant ?? issuer.users ?? issuer.require) === undefined)
      context.addIssue({
        code: 'custom',
        path: ['provider'],
        message: 'google needs `tenant`: the domain of your users, since anybody has an account there',
      });
  });

const OPTIONS = [
  ['client', ['keycloak']],
  ['namespace', ['auth0']],
  ['tenant', ['entra', 'google']],
] as const satisfies readonly (readonly [string, readonly (typeof PROVIDERS)[number][]])[];
