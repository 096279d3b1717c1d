/** `mask:` of a policy: which mask, with its options checked. */
import type { MaskSpec } from './policy.ts';
import { isRecord, kindOf, type Path, type Report, readRecord, suggest } from './problem.ts';

const MASKS = ['hide', 'null', 'constant', 'hash', 'partial'] as const;

export interface MaskBody {
  readonly effect: 'mask';
  readonly mask: MaskSpec;
}

/** Null where anything was wrong; each problem was reported. */
export function readMask(value: unknown, report: Report): MaskBody | null {
  const mask = readSpec(value, report);
  return mask === null ? null : { effect: 'mask', mask };
}

function readSpec(value: unknown, report: Report): MaskSpec | null {
  const path: Path = ['mask'];
  // In YAML an unquoted null is no text.
  const kind = isRecord(value) && value.with === null ? 'null' : isRecord(value) ? value.with : undefined;
  const known = MASKS.find((mask) => mask === kind);
  if (known === undefined) {
    const found = typeof kind === 'string' ? `unknown mask \`${kind}\`${suggest(kind, MASKS)}` : undefined;
    report(
      isRecord(value) ? [...path, 'with'] : path,
      found ?? `expected { with: … }, one of ${MASKS.join(', ')}`,
    );
    return null;
  }
  switch (known) {
    case 'hide':
    case 'null':
      return readRecord(value, ['with'], path, report) === null ? null : { kind: known };
    case 'constant': {
      const constant = readRecord(value, ['with', 'value'], path, report)?.value;
      if (typeof constant === 'string' || typeof constant === 'boolean')
        return { kind: 'constant', value: constant };
      if (typeof constant === 'number' && Number.isFinite(constant))
        return { kind: 'constant', value: constant };
      report(
        [...path, 'value'],
        `a constant mask needs \`value\`: a text, a number, true or false; found ${kindOf(constant)}`,
      );
      return null;
    }
    case 'hash': {
      const scope = readRecord(value, ['with', 'scope'], path, report)?.scope ?? 'global';
      if (scope === 'global' || scope === 'dataset') return { kind: 'hash', scope };
      report([...path, 'scope'], `unknown scope${suggest(String(scope), ['global', 'dataset'])}`);
      return null;
    }
    case 'partial': {
      const mask = readRecord(value, ['with', 'first', 'last', 'fill'], path, report);
      if (mask === null) return null;
      const { first = 0, last = 0, fill = '*' } = mask;
      for (const [key, count] of Object.entries({ first, last })) {
        if (!isCount(count))
          report([...path, key], `\`${key}\` takes a whole number from 0 to 100; found ${kindOf(count)}`);
      }
      if (typeof fill !== 'string' || [...fill].length !== 1) {
        report([...path, 'fill'], `\`fill\` takes one character; found ${kindOf(fill)}`);
      }
      if (!isCount(first) || !isCount(last) || typeof fill !== 'string') return null;
      return { kind: 'partial', first, last, with: fill };
    }
    default:
      return known satisfies never;
  }
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100;
