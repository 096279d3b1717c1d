/** The operator's Ed25519 key: signs checkpoints where it is configured, and tells whose signature a checkpoint carries. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SluiceError } from '../errors.ts';

export interface Signer {
  /** @see keyIdOf */
  readonly keyId: string;
  readonly publicKey: KeyObject;
  /** @returns base64 */
  sign(text: string): string;
}

/** Enough of the key's digest to tell keys apart; a signature is checked with the key itself. */
const KEY_ID_DIGITS = 32;

export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, KEY_ID_DIGITS);
}

/** `key` is PEM, `key_file` the file that holds it. Null where neither is given. @throws SluiceError config_invalid */
export function readSigner(
  given: { readonly key?: string | undefined; readonly key_file?: string | undefined } | undefined,
): Signer | null {
  if (given === undefined) return null;
  const { key, key_file: file } = given;
  const where = file === undefined ? 'audit.signing.key' : `audit.signing.key_file: ${file}`;
  // Some ways of setting environment variables write line breaks as two characters.
  const pem = file === undefined ? (key ?? '').replaceAll('\\n', '\n') : readText(file, where);
  const privateKey = readKey(() => createPrivateKey(pem), where);
  const publicKey = createPublicKey(privateKey);
  return {
    keyId: keyIdOf(publicKey),
    publicKey,
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64'),
  };
}

/** @throws SluiceError config_invalid */
export function readPublicKey(file: string): KeyObject {
  return readKey(() => createPublicKey(readText(file, file)), file);
}

/** Whether one of the keys made the signature over the text. */
export function isSignedBy(keys: readonly KeyObject[], text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64');
  return keys.some((key) => verify(null, Buffer.from(text, 'utf8'), key, bytes));
}

function readKey(read: () => KeyObject, where: string): KeyObject {
  const wrong = (cause?: unknown) =>
    new SluiceError('config_invalid', `${where}: it is no Ed25519 key in PEM form`, {
      hint: '`openssl genpkey -algorithm ed25519 -out audit.pem` makes one; `openssl pkey -in audit.pem -pubout` gives its public half.',
      // The cause of a parse error says nothing of the key's bytes.
      ...(cause === undefined ? {} : { cause }),
    });
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw cause instanceof SluiceError ? cause : wrong(cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw wrong();
  return key;
}

function readText(file: string, where: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SluiceError('config_invalid', `${where}: the file cannot be read`, { cause });
  }
}
