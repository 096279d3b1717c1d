/** Whether an identity has acknowledged the text of a purpose as it is now. */
import type { Project, Purpose } from '../catalogue/dataset.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import type { Acknowledged } from '../store/acknowledgements.ts';

export function acknowledgedBy(identity: Identity, project: Project, purpose: Purpose): Acknowledged {
  return {
    issuer: identity.issuer ?? '',
    sub: identity.sub,
    project: project.name,
    purpose: purpose.name,
    version: purpose.version,
  };
}

/** When it was acknowledged (ISO 8601), null where the current text never was. @throws SluiceError state_unavailable */
export async function acknowledgedAt(
  identity: Identity,
  project: Project,
  purpose: Purpose,
  gate: Pick<Gate, 'acknowledgements'>,
): Promise<string | null> {
  return gate.acknowledgements.when(acknowledgedBy(identity, project, purpose));
}
