/** If-Match and If-None-Match of a request, as what its caller believes to be the latest state. */
import { SluiceError } from '../../errors.ts';
import type { Expected } from '../../state/expected.ts';

/**
 * `W/"x"`, `"x"` and `x` all name x, since proxies that compress answers weaken their ETags; several are separated by commas.
 *
 * @throws SluiceError bad_request where a condition cannot be understood: to pass over one would overwrite
 */
export function expectedOf(headers: {
  readonly 'if-match'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
}): Expected | undefined {
  const match = headers['if-match']?.trim();
  const noneMatch = headers['if-none-match']?.trim();
  if (match !== undefined && noneMatch !== undefined)
    throw new SluiceError('bad_request', 'If-Match and If-None-Match exclude each other.');
  if (noneMatch !== undefined) {
    if (noneMatch === '*') return 'none';
    throw new SluiceError('bad_request', 'If-None-Match takes `*` here: only where there is no state yet.');
  }
  if (match === undefined) return undefined;
  if (match === '*') return 'some';
  const etags = match.split(',').map((part) => /^(?:W\/)?"?([0-9A-Za-z]+)"?$/.exec(part.trim())?.[1]);
  if (etags.some((etag) => etag === undefined))
    throw new SluiceError('bad_request', 'If-Match holds no ETag of this gate.', {
      hint: 'Send the ETag as GET /v1/metadata gave it.',
    });
  return { etags: etags.filter((etag) => etag !== undefined) };
}
