/** What a row filter asks of the identity: one value or a list, undefined where the token did not say. */
import type { AttributeValue, Identity } from '../../identity/identity.ts';
import type { Scalar } from './filter-values.ts';

/**
 * What a path such as `attributes.regions` or `sub` holds; undefined where the token did not say. A path that begins with
 * `actor` or `members` and a number is that identity's.
 */
export function identityValue(path: readonly string[], identity: Identity): AttributeValue | undefined {
  const [first, second, ...rest] = path;
  if (first === 'actor' && second !== undefined)
    return identity.actor === undefined ? undefined : identityValue([second, ...rest], identity.actor);
  if (first === 'members') {
    const member = /^\d{1,6}$/.test(second ?? '') ? identity.members?.[Number(second)] : undefined;
    return member === undefined ? undefined : identityValue(rest, member);
  }
  // Who stands for many has no value of their own.
  if (identity.assumed !== undefined) return undefined;
  if (first === 'attributes' && second !== undefined && path.length === 2) {
    return Object.hasOwn(identity.attributes, second) ? identity.attributes[second] : undefined;
  }
  if (path.length !== 1) return undefined;
  switch (first) {
    case 'sub':
    case 'kind':
      return identity[first];
    case 'issuer':
      return identity.issuer ?? undefined;
    case 'groups':
    case 'roles':
    case 'scopes':
      return identity[first];
    default:
      return undefined;
  }
}

/** Empty texts say nothing. */
export function listOf(value: AttributeValue | undefined): readonly Scalar[] {
  if (value === undefined) return [];
  const items = Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar];
  return items.filter((item) => item !== '');
}
