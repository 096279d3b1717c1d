/** What the schema of sluice.yml cannot say by itself: names that must exist, keys that exclude each other, and where keys may come from. */
import { SluiceError } from '../errors.ts';
import { suggest } from './known-keys.ts';
import { type Path, showPath } from './paths.ts';
import type { Loaded } from './schema.ts';

interface Problem {
  readonly path: Path;
  readonly text: string;
}

/** Throws `config_invalid` with all problems in `details`. */
export function checkReferences(config: Loaded, file: string, lineOf: (path: Path) => number): void {
  const problems = [...checkEngines(config), ...checkIssuers(config), ...checkPdp(config)].map(
    ({ path, text }) => `${file}:${lineOf(path)}: ${showPath(path)}: ${text}`,
  );
  if (problems.length > 0) {
    const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
    throw new SluiceError('config_invalid', `${problems[0]}${more}`, { details: problems });
  }
}

function checkEngines({ engines, publish }: Loaded): Problem[] {
  const names = Object.keys(engines);
  return publish.flatMap(({ engine }, index) => {
    if (engine === undefined) {
      const text = `needs an engine: there are several (${names.join(', ')})`;
      return names.length > 1 ? [{ path: ['publish', index], text }] : [];
    }
    if (names.includes(engine)) return [];
    return [{ path: ['publish', index, 'engine'], text: `no engine has this name${suggest(engine, names)}` }];
  });
}

function checkIssuers({ environment, identity: { issuers } }: Loaded): Problem[] {
  return issuers.flatMap(({ issuer, jwks_uri, discovery }, index) => {
    const path = (key: string) => ['identity', 'issuers', index, key];
    const problems: Problem[] = [];
    if (issuers.findIndex((other) => other.issuer === issuer) < index) {
      problems.push({ path: path('issuer'), text: 'the same issuer stands twice' });
    }
    if (jwks_uri === undefined && discovery === false) {
      problems.push({ path: path('discovery'), text: 'needs discovery: true, or a jwks_uri' });
    }
    if (jwks_uri !== undefined && discovery === true) {
      problems.push({ path: path('jwks_uri'), text: 'stands beside discovery: true; one of them must go' });
    }
    for (const [key, url] of Object.entries({ issuer, jwks_uri })) {
      // Whoever can answer for an http host on the way would hand the gate keys of their own.
      if (url !== undefined && environment !== 'development' && !isTrustworthy(url)) {
        problems.push({ path: path(key), text: 'must be https (outside development, and loopback aside)' });
      }
    }
    return problems;
  });
}

function checkPdp({ environment, pdp }: Loaded): Problem[] {
  if (pdp.kind === 'embedded') return [];
  // Whoever can answer in the server's place on the way decides.
  if (environment === 'development' || pdp.plaintext || isTrustworthy(pdp.url)) return [];
  const text = 'must be https (outside development, and loopback aside), or beside plaintext: true';
  return [{ path: ['pdp', 'url'], text }];
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function isTrustworthy(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || LOOPBACK.has(hostname);
}
