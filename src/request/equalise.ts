/** Who is decided for in a project that gives every member the same view: all of its members at once, and the caller as one of them. */
import type { Project } from '../catalogue/dataset.ts';
import { SluiceError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import { standIns } from '../policies/stand-ins.ts';

/** Kept, since plans are found again by the very identity. */
export interface Equalised {
  /** One identity with all the others as those that bound it; null where nobody can be a member by the condition. */
  readonly together: Identity | null;
  readonly withOwn: WeakMap<Identity, Identity>;
}

/** Of the gate. */
interface KeptFor {
  readonly caches: { readonly equalised: WeakMap<Project, Equalised> };
  readonly environment: string;
  readonly ownRego: boolean;
}

/**
 * Whoever is a member by a grant meets no condition that the others are held to, and so gets no more than what is their own
 * as well. So does everyone where other Rego decides, which may take what is missing from a stand-in for known.
 */
export function equalised(
  identity: Identity,
  by: 'condition' | 'grant',
  project: Project,
  { caches, environment, ownRego }: KeptFor,
): Identity {
  const known = caches.equalised.get(project) ?? {
    together: togetherOf(standIns(project.name, project.members, environment)),
    withOwn: new WeakMap(),
  };
  caches.equalised.set(project, known);
  const { together, withOwn } = known;
  if (by === 'condition') {
    // Whoever meets the condition meets one of its alternatives.
    if (together === null)
      throw new SluiceError('internal', undefined, { cause: 'nobody stands for a member' });
    if (!ownRego) return together;
  }
  const made = withOwn.get(identity) ?? bounded(identity, together);
  withOwn.set(identity, made);
  return made;
}

const bounded = (identity: Identity, together: Identity | null): Identity =>
  together === null ? identity : Object.freeze({ ...identity, members: Object.freeze([together]) });

function togetherOf([first, ...others]: readonly Identity[]): Identity | null {
  return first === undefined ? null : Object.freeze({ ...first, members: Object.freeze(others) });
}
