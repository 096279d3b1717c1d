/** Text of an artifact to JSON, and the check of which artifact it is; a cut-off file is told from a broken one. */
import { SluiceError } from '../errors.ts';
import { type ArtifactCode, asObject, at, fail, type Json, rootOf, textIn } from './json.ts';

export function parseManifest(text: string): unknown {
  return parseArtifact(text, 'manifest_invalid');
}

export function parseCatalog(text: string): unknown {
  return parseArtifact(text, 'catalog_invalid');
}

function parseArtifact(text: string, code: ArtifactCode): unknown {
  const name = code === 'manifest_invalid' ? 'manifest' : 'catalog';
  if (text.trim() === '') throw new SluiceError(code, `The ${name} is empty`, { hint: HINTS[code] });
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    // The engine's own message quotes the text, so only its kind and the position are taken from it.
    const told = error instanceof Error ? error.message : '';
    const position = / position (\d+)/.exec(told)?.[1];
    const cut = /^Unexpected end|^Unterminated/.test(told) || Number(position) >= text.trimEnd().length;
    const where = position === undefined ? '' : ` at character ${position}`;
    throw new SluiceError(
      code,
      cut
        ? `The ${name} is cut off: its JSON ends after ${text.length} characters`
        : `The ${name} is not valid JSON${where}`,
      { hint: HINTS[code], cause: error },
    );
  }
}

const HINTS: Readonly<Record<ArtifactCode, string>> = {
  manifest_invalid:
    'Give target/manifest.json as a dbt command wrote it, e.g. `dbt build`, and wait until dbt is done.',
  catalog_invalid: 'Give target/catalog.json as `dbt docs generate` wrote it, and wait until dbt is done.',
};

const READ: Readonly<
  Record<ArtifactCode, { readonly kind: string; readonly from: number; readonly to: number }>
> = {
  manifest_invalid: { kind: 'manifest', from: 7, to: 12 },
  catalog_invalid: { kind: 'catalog', from: 1, to: 1 },
};

export interface ArtifactHeader {
  readonly root: Json;
  readonly metadata: Json;
  readonly schemaVersion: number;
}

/** Throws for another artifact and for schema versions that nobody has looked at yet. */
export function readHeader(json: unknown, code: ArtifactCode): ArtifactHeader {
  const place = rootOf(code);
  const root = asObject(json, place);
  const metadata = asObject(root.metadata, at(place, 'metadata'));
  const here = at(place, 'metadata');
  const schema = textIn(metadata, 'dbt_schema_version', here);
  const { kind, from, to } = READ[code];
  const found = /\/dbt\/([a-z-]+)\/v(\d+)\.json$/.exec(schema);
  const version = Number(found?.[2]);
  const wanted = from === to ? `v${from}` : `v${from} to v${to}`;
  if (found === null || found[1] !== kind)
    return fail(at(here, 'dbt_schema_version'), `is not that of a dbt ${kind}`, HINTS[code]);
  if (version < from || version > to)
    return fail(
      at(here, 'dbt_schema_version'),
      `is v${version}; Sluice reads ${kind} ${wanted}`,
      version < from
        ? 'Build the project with dbt 1.3 or newer.'
        : 'Update Sluice, or build with an older dbt.',
    );
  return { root, metadata, schemaVersion: version };
}
