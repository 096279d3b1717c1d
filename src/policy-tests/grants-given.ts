/** What a case says was approved for whoever asks, bound to the state as it is: an approval that a push would not have voided. */
import type { Dataset } from '../catalogue/dataset.ts';
import { SluiceError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import {
  allowing,
  type Binding,
  boundTo,
  type Grants,
  type HeldGrant,
  NO_GRANTS,
} from '../requests/grant.ts';
import type { Snapshot } from '../snapshot.ts';
import type { GivenGrant } from './case.ts';

/** Seconds for which they hold. */
const LASTING = 3_600;

/** @throws SluiceError usage for what the state does not have, and where nobody vouches for whoever asks */
export function grantsGiven(given: readonly GivenGrant[], holder: Identity, snapshot: Snapshot): Grants {
  if (given.length === 0) return NO_GRANTS;
  const { sub, issuer, kind } = holder;
  if (issuer === null || kind === 'anonymous')
    throw wrong('grants are for somebody with an issuer, and never for the anonymous');
  const made = given.map((one, i) => heldGrant(one, i, { sub, issuer }, snapshot));
  return {
    activeFor: async (who, now) => {
      if (who.sub !== sub || who.issuer !== issuer) return [];
      return made.map((grant) => ({ ...grant, until: Math.floor(now.getTime() / 1000) + LASTING }));
    },
  };
}

function heldGrant(
  { dataset: id, project: name, purpose: wanted, policies, columns = [] }: GivenGrant,
  index: number,
  subject: HeldGrant['subject'],
  snapshot: Snapshot,
): HeldGrant {
  const { catalogue } = snapshot;
  const dataset = id === undefined ? null : catalogue.byId(id);
  if (dataset === undefined || (dataset !== null && dataset.id !== id)) throw wrong(`no such dataset: ${id}`);
  const project = name === undefined ? null : catalogue.projects.find((one) => one.name === name);
  if (project === undefined) throw wrong(`no such project: ${name}`);
  const purpose = wanted ?? null;
  if (purpose !== null && !project?.purposes.some((one) => one.name === purpose))
    throw wrong(`no such purpose of that project: ${purpose}`);
  const bound = policies ?? (dataset === null ? [] : allowing(dataset.id, snapshot));
  return {
    id: `test-${index + 1}`,
    subject,
    kind: policies === undefined ? 'access' : 'lift',
    dataset: dataset?.id ?? null,
    project: project?.name ?? null,
    policies: policies ?? [],
    columns: columns.map((column) => foldedIn(dataset, column)),
    purpose,
    until: 0,
    request: 'test',
    approvers: [],
    binding: {
      uniqueId: dataset?.uniqueId ?? null,
      digests: digestsOf(bound, snapshot),
      ...(project === null ? {} : { project: boundTo(project) }),
    },
  };
}

function digestsOf(policies: readonly string[], { policies: { termsOf } }: Snapshot): Binding['digests'] {
  return Object.fromEntries(
    policies.map((id) => {
      const terms = termsOf(id);
      if (terms === undefined) throw wrong(`no such policy: ${id}`);
      return [id, terms.digest];
    }),
  );
}

function foldedIn(dataset: Dataset | null, name: string): string {
  const found = dataset?.columns.find((column) => column.name === name || column.folded === name);
  if (found === undefined) throw wrong(`no such column: ${name}`);
  return found.folded;
}

const wrong = (message: string): SluiceError => new SluiceError('usage', `grants: ${message}`);
