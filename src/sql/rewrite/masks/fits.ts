/**
 * Whether a mask can keep a column of this type, and does anything to it: the one answer for the push, which warns, and for
 * the rewriter, which shows NULL instead. A mask that would change no value (rounding whole numbers to 1) does not fit.
 */
import type { MaskSpec } from '../../../policies/policy.ts';
import type { SqlType } from '../../stages.ts';
import { constantFits } from './constant.ts';
import { customFits } from './custom-types.ts';
import { truncates } from './dates.ts';
import { hashable } from './hash.ts';
import { isPattern } from './regex.ts';
import { boundariesFit, multiplesFit } from './steps.ts';

export function maskFits(mask: MaskSpec, type: SqlType): boolean {
  switch (mask.kind) {
    case 'hide':
    case 'null':
      return true;
    case 'constant':
      return constantFits(mask.value, type);
    case 'custom':
      return customFits(mask.expression, type);
    case 'hash':
      return hashable(type);
    case 'tokenise':
    case 'partial':
      return type.family === 'text';
    case 'regex':
      return type.family === 'text' && isPattern(mask.pattern);
    case 'bucket':
      return 'boundaries' in mask
        ? boundariesFit(mask.boundaries, type)
        : multiplesFit(mask.width, mask.origin, type);
    case 'round':
      return multiplesFit(mask.to, 0, type);
    case 'truncate_date':
      return truncates(mask.to, type);
    default:
      return mask satisfies never;
  }
}
