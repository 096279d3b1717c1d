/** What an OPA server answers to a call: the value of the rule, and which bundles it was made of. */
import { z } from 'zod';
import { OpaFault } from './client.ts';

export interface OpaAnswer {
  /** Undefined where the rule is. */
  readonly result: unknown;
  /** Revisions of the loaded bundles by their names; null where the server does not say. */
  readonly bundles: Readonly<Record<string, string>> | null;
}

const document = z.looseObject({
  result: z.unknown().optional(),
  provenance: z
    .looseObject({
      bundles: z.record(z.string(), z.looseObject({ revision: z.string().optional() })).optional(),
    })
    .optional(),
});

/** @throws OpaFault unusable */
export function readAnswer(value: unknown): OpaAnswer {
  const read = document.safeParse(value);
  if (!read.success)
    throw new OpaFault('unusable', 'the OPA server answered with another document than OPA does');
  const { result, provenance } = read.data;
  if (provenance === undefined) return { result, bundles: null };
  const bundles = Object.entries(provenance.bundles ?? {}).map(
    ([name, { revision }]) => [name, revision ?? ''] as const,
  );
  return { result, bundles: Object.fromEntries(bundles.sort(([a], [b]) => (a < b ? -1 : 1))) };
}
