/** Writes the reference pages that come from code; a test holds each to its source. Run: node scripts/generate-docs.ts */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configurationPage, configurationSchema } from './docs/configuration.ts';
import { errorsPage } from './docs/errors.ts';
import { functionsPage } from './docs/functions.ts';
import { lintPage } from './docs/lint.ts';
import { openapiDocument } from './docs/openapi.ts';

/** Relative to the repository; each a pure function of the code. */
export const GENERATED: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/sluice.schema.json': configurationSchema,
  'docs/reference/configuration.md': configurationPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/functions.md': functionsPage,
  'docs/reference/lint.md': lintPage,
  'docs/reference/openapi.json': openapiDocument,
};

if (import.meta.main) {
  for (const [path, generate] of Object.entries(GENERATED)) {
    const target = fileURLToPath(new URL(`../${path}`, import.meta.url));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, await generate());
    console.log(`wrote ${path}`);
  }
}
