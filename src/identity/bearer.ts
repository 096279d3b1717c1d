/** Takes the bearer token out of an Authorization header: absent is anonymous, present but unusable never is. */
import { SluiceError } from '../errors.ts';

/** RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** Returns null where there is no header. Throws `token_malformed` for another scheme or an empty token. */
export function readBearer(header: string | undefined): string | null {
  if (header === undefined) return null;
  const token = BEARER.exec(header)?.[1];
  if (token === undefined) {
    throw new SluiceError('token_malformed', 'The Authorization header does not hold a bearer token', {
      hint: 'Send `Authorization: Bearer <token>`, or no such header to call anonymously.',
    });
  }
  return token;
}
