/** Identities that answer every condition alike decide alike: one class each, and what holds for a class as a table. */
import type { Identity } from '../identity/identity.ts';
import { type Circumstances, truthOf } from '../policies/conditions.ts';
import type { Dnf, Literal } from '../policies/policy.ts';
import type { Variant } from './circumstances.ts';
import type { Subject } from './subjects.ts';

export interface IdentityClass {
  /** Any of them. */
  readonly identity: Identity;
  /** Positions in the list of subjects. */
  readonly subjects: readonly number[];
}

const TRUTHS = { false: 0, unknown: 1, true: 2 } as const;

const truth = (condition: Dnf, identity: Identity, circumstances: Circumstances): number =>
  TRUTHS[truthOf(condition, identity, circumstances)];

const here = (environment: string, { networks, hours }: Variant): Circumstances => ({
  project: null,
  purpose: null,
  environment,
  networks,
  hours,
});

/** @param facts all that conditions name; those of a request are the same for everyone, and do not matter here */
export function classify(
  subjects: readonly Subject[],
  facts: readonly Literal[],
  environment: string,
): readonly IdentityClass[] {
  const circumstances = here(environment, { networks: [], hours: [] });
  const asked = facts.map((fact): Dnf => [[fact]]);
  const namesSubjects = facts.some(({ fact }) => fact === 'sub');
  const signatures = new Map<string, string>();
  const classes = new Map<string, { identity: Identity; subjects: number[] }>();
  subjects.forEach(({ identity }, index) => {
    // Most people share their facts with others: those are told apart by their texts before any condition is asked.
    const { sub, kind, issuer, groups, roles, scopes, attributes } = identity;
    const person = JSON.stringify([
      namesSubjects ? sub : '',
      kind,
      issuer,
      groups,
      roles,
      scopes,
      attributes,
    ]);
    const signature =
      signatures.get(person) ?? kind + asked.map((one) => truth(one, identity, circumstances)).join('');
    signatures.set(person, signature);
    const known = classes.get(signature);
    if (known === undefined) classes.set(signature, { identity, subjects: [index] });
    else known.subjects.push(index);
  });
  return [...classes.values()];
}

/** How a condition is answered for each class, in each variant of the circumstances: 0 false, 1 unknown, 2 true. */
export class TruthTable {
  readonly #classes: readonly IdentityClass[];
  readonly #variants: readonly Circumstances[];
  readonly #rows = new Map<string, Uint8Array>();

  constructor(classes: readonly IdentityClass[], variants: readonly Variant[], environment: string) {
    this.#classes = classes;
    this.#variants = variants.map((variant) => here(environment, variant));
  }

  /** By class. @param number of the condition, the same for the same condition */
  row(number: number, condition: Dnf, variant: number): Uint8Array {
    const key = `${number} ${dependsOnRequest(condition) ? variant : 0}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      const circumstances = this.#variants[variant];
      if (circumstances === undefined) throw new RangeError('no such variant');
      row = Uint8Array.from(this.#classes, ({ identity }) => truth(condition, identity, circumstances));
      this.#rows.set(key, row);
    }
    return row;
  }
}

/** Whether two requests of one identity may answer it differently. */
export function dependsOnRequest(condition: Dnf): boolean {
  return condition.some((alternative) =>
    alternative.some(({ fact }) => fact === 'network' || fact === 'hours'),
  );
}
