/** Identities as they are written on a command line: the name of a persona, or YAML in braces. */
import type { Config } from '../config.ts';
import { SluiceError } from '../errors.ts';
import { type GivenActor, type GivenIdentity, readGivenActor, readGivenIdentity } from '../identity/given.ts';
import { personaIdentities } from '../open.ts';

/** @throws SluiceError usage */
export function givenIdentityOf(config: Config, written: string): GivenIdentity {
  return isYaml(written) ? readGivenIdentity(written) : personaOf(config, written);
}

/** @throws SluiceError usage */
export function givenActorOf(config: Config, written: string): GivenActor {
  if (isYaml(written)) return readGivenActor(written);
  const { kind, ...persona } = personaOf(config, written);
  if (kind === 'anonymous')
    throw new SluiceError('usage', `The persona ${written} is anonymous: it acts for nobody.`);
  return { ...persona, kind };
}

const isYaml = (written: string): boolean => written.trimStart().startsWith('{');

function personaOf(config: Config, name: string) {
  const { display_name: _, issuer, ...given } = personaIdentities(config).persona(name);
  return { ...given, ...(issuer === null ? {} : { issuer }) } as Omit<GivenIdentity, 'actor'>;
}
