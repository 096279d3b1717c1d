/** Who may do what beyond reading data: the conditions of `identity.permissions`, compiled once. */
import type { Config } from '../config.ts';
import type { Permission } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import { evaluateDnf, parseCondition } from '../policies/conditions.ts';
import type { Dnf } from '../policies/policy.ts';

export function compilePermissions(config: Config): Readonly<Partial<Record<Permission, Dnf>>> {
  const given = Object.entries(config.identity.permissions).filter(
    ([, condition]) => condition !== undefined,
  );
  return Object.fromEntries(
    given.map(([name, condition]) => [name, parseCondition(condition, `identity.permissions.${name}`)]),
  );
}

/** A permission that nobody was given, nobody has; the anonymous identity has none. */
export function permitted(
  permissions: Readonly<Partial<Record<Permission, Dnf>>>,
  identity: Identity,
  permission: Permission,
  environment: string,
): boolean {
  const condition = permissions[permission];
  if (condition === undefined || identity.kind === 'anonymous') return false;
  return evaluateDnf(condition, identity, { environment, project: null, purpose: null });
}
