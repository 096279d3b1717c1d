/** Who may come in: the configured issuers, whoever is refused all the same, and what permissions say; all of it can be replaced while the gate runs. */
import type { Config } from '../config.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { createAuthenticator, type Proven } from '../identity/authenticate.ts';
import type { DevelopmentIssuer } from '../identity/development/issuer.ts';
import type { Identity } from '../identity/identity.ts';
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

export interface OpenIdentity extends Pick<Gate, 'authenticate' | 'permits' | 'issuers' | 'provenanceOf'> {
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

  /** Each time, also of a token that is remembered: another process may have said so meanwhile. */
  async function refuseDenied(proven: Proven, caller: Pick<Caller, 'requestId' | 'client'>): Promise<void> {
    const now = new Date();
    if (!(await denials.denies(namesOf(proven), Math.floor(now.getTime() / 1000)))) return;
    const { identity } = proven;
    const told = teller(
      { event: 'login', action: 'authenticate', subject: identity, caller },
      {
        audit,
        now: () => now,
      },
    );
    await told({ decision: 'deny', error_code: 'identity_denied' });
    throw new SluiceError('identity_denied', undefined, {
      hint: 'Ask a steward of this gate; another token of the same identity is refused as well.',
    });
  }

  return {
    async authenticate(token, caller = UNKNOWN_CALLER) {
      const proven = await current.authenticator.prove(token);
      const { identity } = proven;
      if (identity.kind !== 'anonymous') await refuseDenied(proven, caller);
      seen.note(identity);
      if (identity.actor !== undefined) seen.note(identity.actor);
      return identity;
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

function namesOf({ identity, tokenId }: Proven): readonly Denied[] {
  const names = [identity, identity.actor].flatMap((one): Denied[] =>
    one === undefined || one.issuer === null ? [] : [{ kind: 'subject', sub: one.sub, issuer: one.issuer }],
  );
  return tokenId === null ? names : [...names, { kind: 'token', token_id: tokenId }];
}
