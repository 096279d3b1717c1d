/** Which policies mean the gate's own datasets: those that name them. A policy written for the data of a project was not written for the audit. */
import { BUILT_IN_NAMESPACE } from '../catalogue/built-in.ts';
import type { Selector } from './selector.ts';

/** By its namespace or by an id in it, anywhere in what it is `on`. */
export function namesBuiltIn(selector: Selector): boolean {
  switch (selector.kind) {
    case 'everything':
      return false;
    case 'any':
    case 'all':
      return selector.args.some(namesBuiltIn);
    case 'not':
      return namesBuiltIn(selector.arg);
    case 'namespace':
      return selector.value === BUILT_IN_NAMESPACE;
    case 'id':
      return selector.value.startsWith(`${BUILT_IN_NAMESPACE}.`);
    default:
      return false;
  }
}
