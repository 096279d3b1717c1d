/** A finding as one sentence that stands without its place. */
import type { Finding } from '../../../findings.ts';

export function sentenceOf({ policy, dataset, node, column, message }: Finding): string {
  if (policy !== null) return `policy \`${policy}\`: ${message}`;
  const name = dataset ?? node;
  if (name === null) return message;
  return column === null ? `${name} ${message}` : `${name}.${column} ${message}`;
}
