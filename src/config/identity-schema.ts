/** The `identity:` part of sluice.yml: issuers, how their claims become an identity, and the development issuer. */
import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { issuerSchema } from './issuer-schema.ts';
import { duration } from './units.ts';

/** Compiled where it is used: the policy language belongs to the policies. */
const permission = z.unknown().meta({ title: 'condition' });

export const identitySchema = z.strictObject({
  clock_skew: duration({ least: '0s', most: '5m' })
    .prefault('30s')
    .describe('How far the clocks of issuer and gate may differ.'),
  issuers: z.array(issuerSchema).prefault([]).describe('Whose bearer tokens are accepted.'),
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
export type ClaimPath = NonNullable<IssuerConfig['claims']['groups']>;
export type ServiceRule = NonNullable<IssuerConfig['service']>;
