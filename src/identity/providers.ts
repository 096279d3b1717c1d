/**
 * What tokens of each provider look like: a table for reviewers. Where a provider says one thing in two ways, both stand here;
 * what it is not known to send is not read.
 */
import type { ClaimPath, IssuerConfig } from '../config/identity-schema.ts';

/** One test of one claim. */
export type ClaimTest = { readonly claim: ClaimPath } & (
  | { readonly equals: string | number | boolean }
  | { readonly starts_with: string }
  | { readonly matches: RegExp }
  | { readonly same_as: ClaimPath }
  /** That text and the other claim, whatever the case. */
  | { readonly after: string; readonly claimed: ClaimPath }
  | { readonly present: boolean }
);

/** True where all tests of one of the alternatives hold. */
export type ClaimRule = readonly (readonly ClaimTest[])[];

export interface Mapping {
  readonly subject: ClaimPath;
  /** Lists, united. */
  readonly groups: readonly ClaimPath[];
  readonly roles: readonly ClaimPath[];
  /** Lists, or texts separated by spaces, united. */
  readonly scopes: readonly ClaimPath[];
  /** The first that is there. */
  readonly display_name: readonly ClaimPath[];
  /** Taken off the front of each group. */
  readonly groupPrefix: string;
  readonly service: ClaimRule;
  /** What any token must fulfil that is meant for a service such as this, and not for the client that asked for it. */
  readonly token: ClaimRule;
  /** The claim that names for whom it is. */
  readonly audience: 'aud' | 'client_id';
  /** Anybody in the world may have a service that is given tokens for whatever audience it names. */
  readonly servicesOfAnybody: boolean;
}

const ANY_TOKEN: ClaimRule = [[]];

/** Keycloak writes user names in small letters. */
const SERVICE_ACCOUNT: ClaimTest = {
  claim: 'preferred_username',
  after: 'service-account-',
  claimed: 'azp',
};

/** RFC 9068 and what most of the others have in common. */
const GENERIC: Mapping = {
  subject: 'sub',
  groups: ['groups'],
  roles: ['roles'],
  scopes: ['scope'],
  display_name: ['name'],
  groupPrefix: '',
  // RFC 9068 section 2.2: of the client credentials grant, `sub` is the client.
  service: [[{ claim: 'client_id', same_as: 'sub' }]],
  token: ANY_TOKEN,
  audience: 'aud',
  servicesOfAnybody: false,
};

export function mappingOf(issuer: IssuerConfig): Mapping {
  const preset = presetOf(issuer);
  const { claims, service } = issuer;
  const instead = (given: ClaimPath | undefined, usual: readonly ClaimPath[]): readonly ClaimPath[] =>
    given === undefined ? usual : [given];
  return {
    ...preset,
    groups: instead(claims.groups, preset.groups),
    roles: instead(claims.roles, preset.roles),
    scopes: instead(claims.scopes, preset.scopes),
    display_name: instead(claims.display_name, preset.display_name),
    service: service === undefined ? preset.service : [[service as ClaimTest]],
  };
}

function presetOf({ provider, client, namespace, tenant }: IssuerConfig): Mapping {
  switch (provider) {
    case 'generic':
      return GENERIC;
    // Keycloak 26, Server Administration Guide, "Client scopes"; checked against a real one by `npm run test:engines`.
    case 'keycloak':
      return {
        ...GENERIC,
        roles: [
          ['realm_access', 'roles'],
          // Roles of other clients are for other services.
          ...(client === undefined ? [] : [['resource_access', client, 'roles']]),
        ],
        display_name: ['name', 'preferred_username'],
        // The group mapper writes full paths unless told not to: `/analysts`, `/team/a`.
        groupPrefix: '/',
        // Anybody may choose such a user name, but a person's session has an id. The client's id is a note of the client scope
        // `service_account` (`clientId` before version 24), which imported realms lack; without `profile` there is no name.
        service: [
          [{ claim: 'sid', present: false }, SERVICE_ACCOUNT],
          ...['client_id', 'clientId'].flatMap(
            (claim): ClaimRule => [
              [{ claim, same_as: 'azp' }, SERVICE_ACCOUNT],
              [
                { claim, same_as: 'azp' },
                { claim: 'preferred_username', present: false },
              ],
            ],
          ),
        ],
        // An ID token has `ID` here, and a token bound to a key (DPoP) must not be taken without the proof of it.
        token: [[{ claim: 'typ', equals: 'Bearer' }]],
      };
    // Microsoft identity platform, "Access token claims reference" and "Optional claims reference".
    case 'entra':
      return {
        ...GENERIC,
        // `sub` is another one for each application; `oid` is who they are in the tenant, and what its administrators know.
        subject: 'oid',
        scopes: ['scp'],
        display_name: ['name', 'preferred_username', 'upn'],
        service: [
          // Where the application asked for the optional claim.
          [{ claim: 'idtyp', equals: 'app' }],
          // Of an application, `sub` and `oid` are the same; of a user they never are, and `scp` is there.
          [
            { claim: 'idtyp', present: false },
            { claim: 'sub', same_as: 'oid' },
            { claim: 'scp', present: false },
          ],
        ],
        // An ID token names no client: `appid` in version 1.0, `azp` in 2.0.
        token: and(
          [[{ claim: 'appid', present: true }], [{ claim: 'azp', present: true }]],
          tenant === undefined ? ANY_TOKEN : [[{ claim: 'tid', equals: tenant }]],
        ),
      };
    // Okta, "Build a JWT access token", of a custom authorization server; that of the organisation is for Okta's own services.
    case 'okta':
      return {
        ...GENERIC,
        scopes: ['scp'],
        service: [
          [
            { claim: 'cid', same_as: 'sub' },
            { claim: 'uid', present: false },
          ],
        ],
        token: [[{ claim: 'cid', present: true }]],
      };
    // Auth0, "Access token profiles" (both of them) and "Create custom claims": `groups` and `roles` without a namespace are reserved.
    case 'auth0': {
      const named = (name: string): readonly ClaimPath[] =>
        namespace === undefined ? [] : [[`${namespace}${name}`]];
      return {
        ...GENERIC,
        groups: named('groups'),
        // `permissions` is what was assigned, whatever was asked for; `scope` is what this client was granted of it.
        roles: ['permissions', ...named('roles')],
        display_name: [...named('name'), 'name'],
        service: [
          [{ claim: 'gty', equals: 'client-credentials' }],
          // The profile of RFC 9068 has no `gty`. Users are `connection|id`.
          [{ claim: 'sub', matches: /^[^|]+@clients$/ }],
        ],
      };
    }
    // Amazon Cognito, "Understanding the access token".
    case 'cognito':
      return {
        ...GENERIC,
        groups: [['cognito:groups']],
        // IAM roles are in ID tokens alone.
        roles: [['cognito:roles']],
        display_name: ['username'],
        token: [[{ claim: 'token_use', equals: 'access' }]],
        // Access tokens have no `aud`.
        audience: 'client_id',
      };
    // Google, "OpenID Connect" and the IAM Credentials API's generateIdToken: access tokens are opaque, so these are ID tokens.
    case 'google':
      return {
        ...GENERIC,
        groups: [],
        roles: [],
        scopes: [],
        display_name: ['name', 'email'],
        // A service account asks for itself: both are its number.
        service: [[{ claim: 'azp', same_as: 'sub' }]],
        servicesOfAnybody: true,
        token: and(
          [[{ claim: 'email', present: false }], [{ claim: 'email_verified', equals: true }]],
          tenant === undefined
            ? ANY_TOKEN
            : [[{ claim: 'hd', equals: tenant }], [{ claim: 'azp', same_as: 'sub' }]],
        ),
      };
    default:
      return provider satisfies never;
  }
}

function and(a: ClaimRule, b: ClaimRule): ClaimRule {
  return a.flatMap((one) => b.map((other) => [...one, ...other]));
}
