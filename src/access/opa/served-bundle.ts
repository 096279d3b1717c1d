/**
 * The policy bundle as OPA servers fetch it: the Rego that comes with the gate, in the order of its names, with a revision made of
 * its text. The same text gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';

export interface ServedBundle {
  /** What OPA names in its provenance while it decides with this bundle. */
  readonly revision: string;
  /** The `.tar.gz`, made when it is first asked for. */
  archive(): Promise<Uint8Array>;
}

const REGO = new URL('../../../rego/', import.meta.url);
const FOLDERS = ['packages', 'sluice'] as const;
/** All of `data.sluice` belongs to it, and nothing else. */
const ROOTS = ['sluice'];

/** @throws where the sources are not beside the program */
export function loadServedBundle(): ServedBundle {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, REGO))
      .filter((name) => name.endsWith('.rego') && !name.endsWith('_test.rego'))
      .sort()
      .map((name) => ({
        name: `${folder}/${name}`,
        text: readFileSync(new URL(`${folder}/${name}`, REGO), 'utf8'),
      })),
  );
  const hash = createHash('sha256');
  for (const { name, text } of files) hash.update(`${name}\0${text}\0`);
  const revision = `sluice-${hash.digest('hex').slice(0, 32)}`;
  let archive: Promise<Uint8Array> | null = null;
  return {
    revision,
    archive() {
      const manifest = JSON.stringify({ revision, roots: ROOTS, rego_version: 1 });
      archive ??= pack([{ name: '.manifest', text: manifest }, ...files]);
      return archive;
    },
  };
}

async function pack(files: readonly { readonly name: string; readonly text: string }[]): Promise<Uint8Array> {
  const entries = files.map(({ name, text }) => ({
    header: { name, size: Buffer.byteLength(text), mtime: new Date(0), mode: 0o644, uid: 0, gid: 0 },
    body: text,
  }));
  return gzipSync(await packTar(entries), { level: 9 });
}
