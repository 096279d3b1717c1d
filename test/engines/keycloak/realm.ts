/** The realm that the token cases of Keycloak come from: what an administrator would click together. */

const mapper = (name: string, protocolMapper: string, config: Readonly<Record<string, string>>) => ({
  name,
  protocol: 'openid-connect',
  protocolMapper,
  config: { 'access.token.claim': 'true', 'id.token.claim': 'true', ...config },
});

const AUDIENCE = mapper('audience', 'oidc-audience-mapper', { 'included.client.audience': 'sluice' });
const GROUPS = mapper('groups', 'oidc-group-membership-mapper', {
  'claim.name': 'groups',
  'full.path': 'true',
});
const REGIONS = mapper('regions', 'oidc-usermodel-attribute-mapper', {
  'user.attribute': 'regions',
  'claim.name': 'regions',
  'jsonType.label': 'String',
  multivalued: 'true',
});

export const SECRET = 'a secret of this test alone';
export const PASSWORD = 'open sesame, 1 and 2';

const person = (id: string, username: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id,
  username,
  enabled: true,
  emailVerified: true,
  email: `${username}@example.com`,
  firstName: 'Some',
  lastName: 'One',
  credentials: [{ type: 'password', value: PASSWORD, temporary: false }],
  ...more,
});

/** Attributes that no profile declares are kept, as an administrator may set them. */
const USER_PROFILE = {
  attributes: ['username', 'email', 'firstName', 'lastName'].map((name) => ({
    name,
    permissions: { view: ['admin', 'user'], edit: ['admin', 'user'] },
  })),
  unmanagedAttributePolicy: 'ADMIN_EDIT',
};

export const REALM = {
  realm: 'acme',
  enabled: true,
  roles: {
    realm: [{ name: 'steward' }, { name: 'loader' }],
    client: { sluice: [{ name: 'analyst' }], other: [{ name: 'owner' }] },
  },
  groups: [{ name: 'analysts' }, { name: 'team', subGroups: [{ name: 'north' }] }],
  components: {
    'org.keycloak.userprofile.UserProfileProvider': [
      {
        providerId: 'declarative-user-profile',
        config: { 'kc.user.profile.config': [JSON.stringify(USER_PROFILE)] },
      },
    ],
  },
  clients: [
    { clientId: 'sluice', standardFlowEnabled: false, secret: SECRET },
    { clientId: 'other', standardFlowEnabled: false, secret: SECRET },
    {
      clientId: 'portal',
      publicClient: true,
      directAccessGrantsEnabled: true,
      protocolMappers: [AUDIENCE, GROUPS, REGIONS],
    },
    {
      clientId: 'etl',
      secret: SECRET,
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
      protocolMappers: [AUDIENCE],
    },
  ],
  users: [
    person('5f6a2c1e-0000-4000-8000-000000000001', 'alice', {
      firstName: 'Alice',
      lastName: 'Archer',
      groups: ['/analysts', '/team/north'],
      realmRoles: ['steward'],
      clientRoles: { sluice: ['analyst'], other: ['owner'] },
      attributes: { regions: ['north', 'south'] },
    }),
    {
      id: '5f6a2c1e-0000-4000-8000-000000000002',
      username: 'service-account-etl',
      enabled: true,
      serviceAccountClientId: 'etl',
      realmRoles: ['loader'],
    },
    person('5f6a2c1e-0000-4000-8000-000000000003', 'service-account-portal'),
  ],
};

/** Of each client: what its tokens say in `scope`, beside `profile`. */
export const SCOPES: Readonly<Record<string, readonly string[]>> = {
  portal: ['sluice:read'],
  etl: ['sluice:read'],
};
