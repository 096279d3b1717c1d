/** What a policy does, in words, with filters as their author wrote them. */
import type { MaskSpec, MatchedPolicy } from '../policies/policy.ts';

export function doing(policy: MatchedPolicy, definition: unknown): string {
  switch (policy.effect) {
    case 'allow':
      return 'lets in whom it names';
    case 'require':
      return 'demands';
    case 'deny':
      return 'denies';
    case 'discover':
      return 'lets know of it whom it names';
    case 'break_glass':
      return `breaks the glass for whom it names: ${policy.reason}`;
    case 'mask':
      return `${policy.mask.kind === 'hide' ? 'hides the column' : `masks with ${maskWords(policy.mask)}`}${policy.where === null ? '' : `, in rows where ${whereOf(definition, 'mask') ?? 'its condition is not false'}`}`;
    case 'rows':
      return `keeps rows where ${whereOf(definition, 'rows') ?? 'its filter holds'}`;
    case 'limit':
      return `bounds ${
        Object.entries(policy.limits)
          .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
          .join(', ') || 'when and from where it is read'
      }`;
    default:
      return policy satisfies never;
  }
}

/** `partial, first 4, last 4` */
function maskWords({ kind, ...rest }: MaskSpec): string {
  const options = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [kind, ...options].join(', ');
}

/** The condition as its author wrote it. */
function whereOf(definition: unknown, effect: 'mask' | 'rows'): string | null {
  const body = memberOf(definition, effect);
  const where = memberOf(body, 'where');
  return typeof where === 'string' ? where.replaceAll(/\s+/g, ' ').trim() : null;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : null;
}
