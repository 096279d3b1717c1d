/** Who may come in: the configured issuers, whoever is refused all the same, and what permissions say; all of it can be replaced while the gate runs. */
import type { Config } from '../config.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { createAuthenticator, type Proven } from '../identity/authenticate.ts';
import type { DevelopmentIssuer } from '../identity/development/issuer.ts';
import { actorsOf, type Identity } from '../identity/identity.ts';
import { provenance } from '../identity/provenance.ts';
import type { SeenIdentities } from '../identity/seen.ts';
import type { Caller } from '../request/ask.ts';
import { teller } from '../request/teller.ts';
import type { DenialStore, Denied } from '../store/denials.ts';
import { compilePermissions, permitted } from './permissions.ts';

export interface IdentityParts {
  readonly development: DevelopmentIssuer | null;
  readonly denials: DenialStore;
  readonly audit: Gate['audit'];
  readonly seen: SeenIdentities;
}

export interface OpenIdentity
  extends Pick<Gate, 'authenticate' | 'refusalOf' | 'permits' | 'issuers' | 'provenanceOf'> {
  /**
   * Takes the issuers, claims and permissions of another configuration over, with the next request; tokens that were
   * remembered are proven anew.
   *
   * @throws SluiceError policy_invalid, audit_unavailable, and nothing has changed
   */
  reload(config: Config): Promise<void>;
}

const UNKNOWN_CALLER = { requestId: 'unknown', client: { ip: null, door: 'unknown', user_agent: null } };

const CONFIGURATION = { sub: 'configuration', kind: 'service', issuer: null };
const RELOADING = { requestId: 'reload', client: { ip: null, door: 'file', user_agent: null } };

export function openIdentity(
  config: Config,
  { development, denials, audit, seen }: IdentityParts,
): OpenIdentity {
  const made = (from: Config) => {
    const issuers = [...from.identity.issuers, ...(development ? [development.config] : [])];
    return {
      permissions: compilePermissions(from),
      issuers,
      authenticator: createAuthenticator(
        { issuers, clock_skew: from.identity.clock_skew },
        {
          environment: config.environment,
          ...(development ? { localKeys: { [development.url]: development.keys } } : {}),
        },
      ),
    };
  };
  let current = made(config);
  /** By the very identity: the id of the token that it was proven by. */
  const tokenIds = new WeakMap<Identity, string | null>();

  /** Each time, also of a token that is remembered: another process may have said so meanwhile. */
  async function isDenied(proven: Proven): Promise<boolean> {
    return denials.denies(namesOf(proven), Math.floor(Date.now() / 1000));
  }

  async function refuseDenied(proven: Proven, caller: Pick<Caller, 'requestId' | 'client'>): Promise<void> {
    if (!(await isDenied(proven))) return;
    const told = teller(
      { event: 'login', action: 'authenticate', subject: proven.identity, caller },
      { audit, now: () => new Date() },
    );
    await told({ decision: 'deny', error_code: 'identity_denied' });
    throw identityDenied();
  }

  /** What another configuration replaced while it was proven is proven by that one. */
  async function proveNow(token: string | null): Promise<Proven> {
    for (;;) {
      const by = current;
      const proven = await by.authenticator.prove(token);
      if (by === current) return proven;
    }
  }

  return {
    async authenticate(token, caller = UNKNOWN_CALLER) {
      const proven = await proveNow(token);
      const { identity, tokenId } = proven;
      if (identity.kind !== 'anonymous') {
        await refuseDenied(proven, caller);
        tokenIds.set(identity, tokenId);
      }
      seen.note(identity);
      if (identity.actor !== undefined) seen.note(identity.actor);
      return identity;
    },
    async refusalOf(identity) {
      const tokenId = tokenIds.get(identity);
      // Whom nobody authenticated here, nobody can refuse here.
      if (tokenId === undefined) return null;
      if (await isDenied({ identity, tokenId })) return identityDenied();
      const trusted = current.issuers.map(({ issuer }) => issuer);
      const known = actorsOf(identity).every(({ issuer }) => issuer !== null && trusted.includes(issuer));
      return known ? null : new SluiceError('token_issuer_unknown');
    },
    permits(identity, permission) {
      const may = (one: Identity): boolean =>
        permitted(current.permissions, one, permission, config.environment);
      // What someone may for another, both must.
      return may(identity) && (identity.actor === undefined || may(identity.actor));
    },
    issuers: () => current.issuers.map(({ issuer }) => issuer),
    provenanceOf(identity) {
      const issuer = current.issuers.find((one) => one.issuer === identity.issuer);
      return issuer === undefined ? null : provenance(issuer);
    },
    async reload(next) {
      const checked = made(next);
      const told = teller(
        { event: 'admin', action: 'reload_identity', subject: CONFIGURATION, caller: RELOADING },
        { audit, now: () => new Date() },
      );
      await told({ reasons: checked.issuers.map(({ issuer }) => `issuer ${issuer}`) });
      current = checked;
    },
  };
}

function identityDenied(): SluiceError {
  return new SluiceError('identity_denied', undefined, {
    hint: 'Ask a steward of this gate; another token of the same identity is refused as well.',
  });
}

function namesOf({ identity, tokenId }: Proven): readonly Denied[] {
  const names = actorsOf(identity).flatMap(({ sub, issuer }): Denied[] =>
    issuer === null ? [] : [{ kind: 'subject', sub, issuer }],
  );
  return tokenId === null ? names : [...names, { kind: 'token', token_id: tokenId }];
}
