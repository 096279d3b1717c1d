/** The shape of test/cases/identity/*.yaml. */
import type { Identity } from '../../src/identity/identity.ts';

export interface TokenCase {
  readonly name: string;
  /** Which token of the real provider is one such; see test/engines. */
  readonly real?: string;
  /** Beside provider and audience. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The identity without its issuer, or the code of the refusal. */
  readonly want: string | Omit<Identity, 'issuer'>;
}

export interface TokenCases {
  readonly provider: string;
  readonly cases: readonly TokenCase[];
}
