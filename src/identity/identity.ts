/** The caller, normalised: whatever the provider's token looked like, the rest of the gate sees this shape. */

export type AttributeValue = string | number | boolean | readonly (string | number)[];

export type IdentityKind = 'user' | 'service' | 'anonymous';

export interface PriorActor {
  readonly sub: string;
  readonly issuer: string;
}

export interface Identity {
  /** Subject; `anonymous` for a caller without a token. Unique only together with `issuer`. */
  readonly sub: string;
  readonly kind: IdentityKind;
  readonly display_name: string | null;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** Only attributes that the token carried with a usable value; a missing one is unknown, never empty. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Issuer URL, null for the anonymous identity. */
  readonly issuer: string | null;
  /** Who acts in person, where the token was made for somebody else (RFC 8693 `act`). What both may do, may be done. */
  readonly actor?: Identity;
  /** Of an actor: those who acted before it in the same cause, the latest first. For the audit alone. */
  readonly prior?: readonly PriorActor[];
  /** The other identities whose rights bound this one's, where a project gives all its members the same view. */
  readonly members?: readonly Identity[];
  /** Of somebody who only stands for others: what is certain of all of them. Whatever else a condition asks is unknown. */
  readonly assumed?: readonly Assumption[];
}

/** As the literals of a condition. */
export interface Assumption {
  readonly fact: string;
  /** Of attributes. */
  readonly name?: string;
  readonly value: string | number | boolean;
  readonly negated: boolean;
}

/** Everyone in whose name a request is made: whom the token is for, then who acts for them. */
export function actorsOf(identity: Identity): readonly Identity[] {
  return identity.actor === undefined ? [identity] : [identity, ...actorsOf(identity.actor)];
}

export const ANONYMOUS: Identity = Object.freeze({
  sub: 'anonymous',
  kind: 'anonymous',
  display_name: null,
  groups: Object.freeze([]),
  roles: Object.freeze([]),
  scopes: Object.freeze([]),
  attributes: Object.freeze({}),
  issuer: null,
});
