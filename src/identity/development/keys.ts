/** The signing key of the development issuer: made at first use, kept in the state folder for its owner alone, so that tokens survive a restart. */
import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { SluiceError } from '../../errors.ts';

export const DEVELOPMENT_ALGORITHM = 'ES256';

/** Private JSON Web Keys. Throws `state_unavailable`. */
export async function loadDevelopmentKeys(folder: string): Promise<readonly JWK[]> {
  const path = join(folder, 'keys.json');
  try {
    return (await readKeys(path)) ?? (await makeKeys(folder, path));
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError(
      'state_unavailable',
      `The key of the development issuer cannot be kept in ${path}`,
      {
        cause,
      },
    );
  }
}

async function readKeys(path: string): Promise<readonly JWK[] | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  await chmod(path, 0o600);
  const keys = parseKeys(text);
  if (keys === null) {
    throw new SluiceError('state_unavailable', `${path} does not hold a signing key`, {
      hint: 'Delete the file: a new key is made, and tokens of the old one stop working.',
    });
  }
  return keys;
}

function parseKeys(text: string): readonly JWK[] | null {
  try {
    const document: unknown = JSON.parse(text);
    if (document === null || typeof document !== 'object' || !('keys' in document)) return null;
    const { keys } = document;
    if (!Array.isArray(keys) || keys.length === 0) return null;
    return keys.every((key: JWK) => key.alg === DEVELOPMENT_ALGORITHM && typeof key.d === 'string')
      ? keys
      : null;
  } catch {
    return null;
  }
}

async function makeKeys(folder: string, path: string): Promise<readonly JWK[]> {
  const { privateKey } = await generateKeyPair(DEVELOPMENT_ALGORITHM, { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: DEVELOPMENT_ALGORITHM, use: 'sig' };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.keys-${randomUUID()}`);
  await writeFile(draft, JSON.stringify({ keys: [key] }), { mode: 0o600 });
  try {
    // Two processes may start at once: whoever links first wins, and both use that key.
    await link(draft, path);
    return [key];
  } catch (error) {
    const theirs = await readKeys(path);
    if (theirs === null) throw error;
    return theirs;
  } finally {
    await rm(draft, { force: true });
  }
}
