/** Proves one token: the checks stand in the order of the table below, and the first that fails names the error. */
import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import type { IssuerConfig } from '../config/identity-schema.ts';
import { type Code, SluiceError } from '../errors.ts';
import { mappingOf } from './providers.ts';

/*
 * | check                                                | by            | error                |
 * |------------------------------------------------------|---------------|----------------------|
 * | not longer than MAX_TOKEN                            | checkSize     | token_malformed      |
 * | three parts, JSON header and payload                 | decode        | token_malformed      |
 * | a type that access tokens have                       | checkType     | token_malformed      |
 * | no extension that must be understood                 | checkExtensions| token_malformed     |
 * | an issuer that is configured                         | findIssuer    | token_issuer_unknown |
 * | an algorithm that this issuer may use                | checkAlgorithm| token_algorithm      |
 * | a key of this issuer, and only one that fits         | keys.ts       | issuer_unavailable, token_signature |
 * | signature                                            | jose          | token_signature      |
 * | issuer, audience, exp (required), nbf                | jose          | token_audience, token_expired, token_not_yet_valid, token_claims |
 * | client, where tokens name that instead of an audience| checkClient   | token_audience       |
 * | what the provider and the configuration demand       | normalise.ts  | token_claims         |
 */

/** Node's own bound on all headers together is 16 KiB. */
const MAX_TOKEN = 16_384;

/** Issuers that are asked for by `iss`. */
export interface TrustedIssuer {
  readonly config: IssuerConfig;
  readonly key: JWTVerifyGetKey;
}

export interface VerifiedToken {
  readonly payload: JWTPayload;
  readonly issuer: TrustedIssuer;
}

export async function verifyToken(
  token: string,
  issuers: ReadonlyMap<string, TrustedIssuer>,
  clock: { readonly now: Date; readonly skewSeconds: number },
): Promise<VerifiedToken> {
  checkSize(token);
  const { header, claimed } = decode(token);
  checkType(header);
  checkExtensions(header);
  const issuer = findIssuer(claimed, issuers);
  checkAlgorithm(header, issuer);
  const payload = await proveWithJose(token, issuer, {
    issuer: issuer.config.issuer,
    ...(mappingOf(issuer.config).audience === 'aud' ? { audience: [issuer.config.audience].flat() } : {}),
    algorithms: [...issuer.config.algorithms],
    clockTolerance: clock.skewSeconds,
    currentDate: clock.now,
    requiredClaims: ['exp', 'sub'],
  });
  checkClient(payload, issuer);
  return { payload, issuer };
}

/** Of providers whose access tokens name the client instead of an audience. */
function checkClient({ client_id }: JWTPayload, { config }: TrustedIssuer): void {
  if (mappingOf(config).audience === 'aud') return;
  if (![config.audience].flat().some((accepted) => accepted === client_id))
    throw new SluiceError('token_audience');
}

function checkSize(token: string): void {
  if (token.length > MAX_TOKEN) {
    throw new SluiceError('token_malformed', `The token is longer than ${MAX_TOKEN} characters`);
  }
}

function decode(token: string): { header: ProtectedHeaderParameters; claimed: JWTPayload } {
  try {
    return { header: decodeProtectedHeader(token), claimed: decodeJwt(token) };
  } catch {
    throw new SluiceError('token_malformed');
  }
}

/** RFC 9068 section 4, and what providers send that came before it. An ID or logout token of the same issuer is no access token. */
const ACCESS_TOKEN_TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

function checkType({ typ }: ProtectedHeaderParameters): void {
  if (typ === undefined || (typeof typ === 'string' && ACCESS_TOKEN_TYPES.has(typ.toLowerCase()))) return;
  throw new SluiceError('token_malformed', 'The token is not an access token', {
    hint: 'Its header must have the type at+jwt or JWT, or none.',
  });
}

/** RFC 7515 section 4.1.11. None is supported: not even `b64` (RFC 7797), whose payload means something else. */
function checkExtensions({ crit }: ProtectedHeaderParameters): void {
  if (crit === undefined) return;
  throw new SluiceError('token_malformed', 'The token demands an extension that is not supported');
}

function findIssuer({ iss }: JWTPayload, issuers: ReadonlyMap<string, TrustedIssuer>): TrustedIssuer {
  const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined;
  if (issuer === undefined) throw new SluiceError('token_issuer_unknown');
  return issuer;
}

function checkAlgorithm({ alg }: ProtectedHeaderParameters, { config }: TrustedIssuer): void {
  if (config.algorithms.some((accepted) => accepted === alg)) return;
  throw new SluiceError('token_algorithm', undefined, {
    hint: `This issuer may use ${config.algorithms.join(', ')}.`,
  });
}

async function proveWithJose(
  token: string,
  issuer: TrustedIssuer,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, issuer.key, options)).payload;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return tryEachKey(token, error, options);
    throw translate(error);
  }
}

/** A token without a key id, from an issuer with several keys of its kind. */
async function tryEachKey(
  token: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw translate(error);
    }
  }
  throw new SluiceError('token_signature');
}

const BY_CLAIM: Readonly<Record<string, Code>> = {
  aud: 'token_audience',
  iss: 'token_issuer_unknown',
  nbf: 'token_not_yet_valid',
};

/** Only codes and claim names get out: jose's errors hold the payload. */
function translate(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  if (error instanceof errors.JWTExpired) return new SluiceError('token_expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    const code = error.reason === 'check_failed' ? BY_CLAIM[error.claim] : undefined;
    if (code !== undefined) return new SluiceError(code);
    const problem = error.reason === 'missing' ? 'is missing' : 'is not usable';
    return new SluiceError('token_claims', `The claim ${error.claim} ${problem}`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return new SluiceError('token_algorithm');
  if (error instanceof errors.JWKSNoMatchingKey) {
    return new SluiceError(
      'token_signature',
      'The token is signed with a key that its issuer does not publish',
    );
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) {
    return new SluiceError('token_malformed');
  }
  return new SluiceError('token_signature');
}
