/** Masks as expressions over one raw column. They never raise, and they keep the column's type; one that does not fit is NULL. */
import type { Column } from '../../../catalogue/dataset.ts';
import { SluiceError } from '../../../errors.ts';
import type { MaskSpec } from '../../../policies/policy.ts';
import { columnType } from '../../resolve/types.ts';
import type { SqlType } from '../../stages.ts';
import type { Node } from '../../tree.ts';
import { type Binder, bool, type EngineKind, when } from '../build.ts';
import { constantMask } from './constant.ts';
import { customMask } from './custom.ts';
import { truncateDate } from './dates.ts';
import { maskFits } from './fits.ts';
import { type HashPlace, hashExpression, scopedKey } from './hash.ts';
import { endsMask, formatMask } from './partial.ts';
import { regexMask } from './regex.ts';
import { boundaryMask, bucketMask, roundMask, widened } from './steps.ts';
import type { TokenKey } from './token.ts';
import { tokenMask } from './tokenise.ts';

/** What masks are made with, beside the column. */
export interface MaskKeys {
  /** Null where no key is configured: hashes become NULL. */
  readonly hash: Uint8Array | null;
  /** The current key of tokens; null where there is none: they become NULL. */
  readonly token: TokenKey | null;
}

export interface MaskOptions extends HashPlace {
  /** That set the mask. */
  readonly policy: string;
  readonly keys: MaskKeys;
  readonly binder: Binder;
  readonly engine: EngineKind;
}

/** @param value a reference to the raw column. */
export function maskExpression(column: Column, value: Node, mask: MaskSpec, options: MaskOptions): Node {
  const type = columnType(column);
  if (!maskFits(mask, type)) return nothing(value);
  return masked(mask, column, type, value, options) ?? nothing(value);
}

/** A NULL of the column's own type, whatever that is: the planner folds it and never reads the column. */
function nothing(value: Node): Node {
  return when(bool(false), value, null);
}

/** Null where it cannot be made. */
function masked(
  mask: MaskSpec,
  column: Column,
  type: SqlType,
  value: Node,
  options: MaskOptions,
): Node | null {
  const { binder, engine, keys } = options;
  const steps = { type, written: column.type, engine };
  switch (mask.kind) {
    case 'hide':
      // Hidden columns do not exist after resolution: one that reaches this place is a fault.
      throw new SluiceError('rewrite_failed', undefined, { cause: `hide on ${column.folded}` });
    case 'null':
      return null;
    case 'constant':
      return constantMask(mask.value, type, column.type, options);
    case 'custom':
      return customMask(mask.expression, value, type, engine);
    case 'hash':
      return keys.hash === null
        ? null
        : hashExpression(value, type, scopedKey(keys.hash, mask.scope, options), binder, engine);
    case 'tokenise': {
      const domain = { policy: options.policy, scope: mask.scope, datasetId: options.datasetId };
      return keys.token === null ? null : tokenMask(value, keys.token, domain, options);
    }
    case 'regex':
      return regexMask(mask, value, engine);
    case 'partial': {
      const fill = [...mask.with][0] ?? '*';
      return 'format' in mask
        ? formatMask(mask.format, fill, value, engine)
        : endsMask({ ...mask, fill }, value, engine);
    }
    case 'bucket':
      return 'boundaries' in mask
        ? boundaryMask(mask.boundaries, value, steps)
        : bucketMask(mask.width, mask.origin, widened(value, steps), steps);
    case 'round':
      return roundMask(mask.to, widened(value, steps), steps);
    case 'truncate_date':
      return truncateDate(mask.to, type, value, engine);
    default:
      return mask satisfies never;
  }
}
