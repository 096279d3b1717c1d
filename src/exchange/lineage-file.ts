/** Lineage that comes with a push instead of SQL: checked for its shape, for what it says cannot be proved. */
import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import type { Lineage } from '../lineage/lineage.ts';

const text = z.string();

const schema = z.object({
  nodes: z.record(
    text,
    z
      .object({
        hash: text,
        status: z.enum(['known', 'unknown', 'none']),
        parents: z.array(text),
        columns: z.record(
          text,
          z.looseObject({
            resolved: z.boolean(),
            from: z.array(z.looseObject({ node: text, column: text.nullable() })),
          }),
        ),
      })
      .loose(),
  ),
});

/** Null where there is none. @throws SluiceError catalogue_invalid */
export function readLineage(given: unknown): Lineage | null {
  if (given === null || given === undefined) return null;
  const read = schema.safeParse(given);
  if (!read.success)
    throw new SluiceError('catalogue_invalid', 'The lineage has not the shape of an export', {
      details: read.error.issues
        .slice(0, 20)
        .map(({ path, message }) => `lineage.${path.map(String).join('.')}: ${message}`),
    });
  return given as Lineage;
}
