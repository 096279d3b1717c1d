/** Reads what a push is made of from disk: dbt's artifacts, the project's YAML where it is needed, and the policy files. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Config } from '../config.ts';
import { parseCatalog, parseManifest } from '../dbt/artifact.ts';
import { SluiceError } from '../errors.ts';
import { yamlFilesNeeded } from '../snapshot.ts';
import { readCatalogueFolder } from './catalogue-folder.ts';

export interface ArtifactFiles {
  readonly manifest?: string | undefined;
  readonly catalog?: string | undefined;
  readonly policies?: string | undefined;
  /** A folder of catalogue files, instead of dbt's artifacts. */
  readonly catalogue?: string | undefined;
}

/** Plain JSON: what PUT /v1/metadata takes. */
export interface PushContent {
  readonly manifest: unknown;
  readonly catalog: unknown;
  readonly policies: readonly { readonly path: string; readonly text: string }[];
  readonly yaml_files: Readonly<Record<string, string>>;
  /** As an export wrote it; absent where it is to be computed. */
  readonly lineage?: unknown;
}

/** @throws SluiceError manifest_invalid, catalog_invalid, catalogue_invalid, policy_invalid */
export function readArtifacts(config: Config, files: ArtifactFiles): PushContent {
  const folder = files.catalogue ?? (files.manifest === undefined ? config.metadata.catalogue : null);
  if (folder !== null) return readCatalogueContent(config, folder, files.policies);
  const manifest = readManifestFile(config, files.manifest);
  const catalogPath = files.catalog ?? config.metadata.catalog;
  const catalog =
    catalogPath === null
      ? null
      : parseCatalog(
          read(catalogPath, 'catalog_invalid', 'Run `dbt docs generate`, or set metadata.catalog: null.'),
        );
  return {
    manifest,
    catalog,
    policies: readPolicies(files.policies ?? config.policies, config.folder),
    yaml_files: readYaml(config.metadata.project ?? config.folder, yamlFilesNeeded(manifest)),
  };
}

/** Catalogue files bring their policies along where they name them, and their lineage where they have it. */
function readCatalogueContent(config: Config, folder: string, policies: string | undefined): PushContent {
  const kinds = new Set(Object.values(config.engines).map(({ kind }) => kind));
  const [only = null] = kinds.size === 1 ? kinds : [];
  const read = readCatalogueFolder(folder, only);
  const own = policies === undefined ? read.policies : null;
  return {
    manifest: read.manifest,
    catalog: read.catalog,
    policies: own ?? readPolicies(policies ?? config.policies, config.folder),
    yaml_files: {},
    lineage: read.lineage,
  };
}

/** dbt's manifest.json, parsed; the configured one unless another is named. @throws SluiceError manifest_invalid */
export function readManifestFile(config: Config, path: string | undefined): unknown {
  const from = path ?? config.metadata.manifest;
  return parseManifest(
    read(from, 'manifest_invalid', 'Run `dbt build`, or name another file with --manifest.'),
  );
}

function read(path: string, code: 'manifest_invalid' | 'catalog_invalid', hint: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SluiceError(code, `${path} cannot be read.`, { hint, cause });
  }
}

/** Paths as seen from the config's folder. */
function readPolicies(path: string, folder: string): PushContent['policies'] {
  if (!existsSync(path))
    throw new SluiceError('policy_invalid', `There is no ${path}.`, {
      hint: 'Name the folder of policies with `policies:`.',
    });
  return yamlFilesIn(path).map((file) => ({
    path: relative(folder, file),
    text: readFileSync(file, 'utf8'),
  }));
}

/** Every *.yml and *.yaml below a folder, in order of name, or the one file that the path names. */
export function yamlFilesIn(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

/** Files that are not there are left out: the tags in question then count, and the push warns. */
function readYaml(root: string, paths: readonly string[]): Readonly<Record<string, string>> {
  const present = paths.filter((path) => existsSync(join(root, path)));
  return Object.fromEntries(present.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}
