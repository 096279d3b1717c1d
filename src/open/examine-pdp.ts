/** What an operator should know of the decision point: whether it answers, with which rules, and what lies on the way to it. */
import { loadServedBundle } from '../access/opa/served-bundle.ts';
import type { Pdp } from '../access/pdp.ts';
import type { Config } from '../config.ts';
import { type Finding, fine, problem, warning } from '../engines/finding.ts';
import { SluiceError } from '../errors.ts';
import type { Observation } from '../observe.ts';
import { openPdp } from './pdp.ts';

export async function examinePdp(config: Config): Promise<readonly Finding[]> {
  const { revision } = loadServedBundle();
  const seen: Observation[] = [];
  let pdp: Pdp | null = null;
  try {
    pdp = await openPdp(config, revision, (one) => seen.push(one));
    await pdp.probe();
    return [...answering(config.pdp), ...deciding(config.pdp, revision, seen), ...onTheWay(config.pdp)];
  } catch (thrown) {
    return [failing(config.pdp, thrown), ...onTheWay(config.pdp)];
  } finally {
    await pdp?.close();
  }
}

function answering(pdp: Config['pdp']): readonly Finding[] {
  if (pdp.kind === 'opa') return [fine('pdp', `${pdp.url} answers at ${pdp.path}`)];
  if (pdp.bundle === undefined)
    return [fine('pdp', 'the bundle that comes with the gate decides, in its process')];
  return [fine('pdp', `${pdp.bundle} answers at ${pdp.entrypoint}`)];
}

const OURS = 'plans know what it decides, and decisions are kept';
const NOT_OURS = '`sluice plan` refuses, and decisions are kept only where `pdp.cacheable` says so';

function deciding(pdp: Config['pdp'], revision: string, seen: readonly Observation[]): readonly Finding[] {
  if (pdp.kind === 'embedded')
    return pdp.bundle === undefined ? [] : [fine('pdp_bundle', `rules of your own: ${NOT_OURS}`)];
  const made = seen.find((one) => one.kind === 'pdp_revision');
  if (made?.ours === true) return [fine('pdp_bundle', `it decides with the bundle of this gate: ${OURS}`)];
  if (pdp.path !== '/v1/data/sluice/batch')
    return [fine('pdp_bundle', `it decides with rules of your own: ${NOT_OURS}`)];
  const names = Object.entries(made?.bundles ?? {}).map(([name, one]) => `${name} ${one || '(no revision)'}`);
  return [
    warning(
      'pdp_bundle',
      `it decides with ${names.length === 0 ? 'no bundle' : names.join(', ')}, and not with that of this gate, ${revision}: ${NOT_OURS}`,
      'Let the server load /opa/bundles/sluice.tar.gz of this gate; see docs/reference/opa.md.',
    ),
  ];
}

function onTheWay(pdp: Config['pdp']): readonly Finding[] {
  if (pdp.kind === 'embedded' || !pdp.plaintext || !pdp.url.startsWith('http:')) return [];
  return [
    warning(
      'pdp_plaintext',
      'identities and decisions go to it unencrypted, as far as the gate knows',
      'Whoever can write on the way decides: have a mesh encrypt it, or use https.',
    ),
  ];
}

function failing({ kind }: Config['pdp'], thrown: unknown): Finding {
  if (!(thrown instanceof SluiceError)) throw thrown;
  const why = thrown.cause instanceof Error ? `: ${thrown.cause.message}` : '';
  const message = thrown.code === 'config_invalid' ? thrown.message : `it does not decide${why}`;
  return problem(
    'pdp',
    message,
    kind === 'opa' ? 'Every query is denied until it answers; see docs/reference/opa.md.' : thrown.hint,
  );
}
