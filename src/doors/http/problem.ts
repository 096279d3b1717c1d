/** Faults as RFC 9457 problem details: code, message, hint, position and request id; never a value, a stack or an engine's words. */
import { CODES, SluiceError } from '../../errors.ts';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly position: number | null;
  readonly details?: readonly string[];
  readonly request_id: string;
  /** How a denied caller asks for what was denied. */
  readonly request_access?: { readonly href: string; readonly kind: 'dataset'; readonly dataset: string };
}

export function problemOf(error: SluiceError, requestId: string): Problem {
  return {
    type: `/docs/errors#${error.code}`,
    title: CODES[error.code].title,
    status: error.status,
    code: error.code,
    message: error.message,
    hint: error.hint,
    position: error.position,
    ...(error.details.length > 0 ? { details: error.details } : {}),
    request_id: requestId,
    ...(error.requestAccess === null
      ? {}
      : {
          request_access: { href: '/v1/access-requests', kind: 'dataset', dataset: error.requestAccess },
        }),
  };
}

/** A body of thousands of parts may be wrong in each. */
const MOST_TOLD = 100;

interface FrameworkError {
  readonly statusCode?: number;
  readonly code?: string;
  readonly validation?: readonly { readonly instancePath?: string; readonly message?: string }[];
}

/** Whatever was thrown becomes a SluiceError; what is not known becomes `internal`, its words kept for the log. */
export function toSluiceError(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as FrameworkError;
  if (error.validation) {
    const details = error.validation
      .slice(0, MOST_TOLD)
      .map((one) => `${one.instancePath || 'request'}: ${one.message ?? 'not valid'}`);
    return new SluiceError('bad_request', 'The request does not have the documented shape.', {
      details,
      hint: 'See /openapi.json.',
      cause: thrown,
    });
  }
  if (error.statusCode === 413) return new SluiceError('body_too_large', undefined, { cause: thrown });
  if (error.statusCode === 415)
    return new SluiceError('unsupported_media_type', undefined, {
      hint: 'Send application/json.',
      cause: thrown,
    });
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new SluiceError('bad_request', 'The request body is not valid JSON or the request is malformed.', {
      cause: thrown,
    });
  return new SluiceError('internal', undefined, { cause: thrown });
}
