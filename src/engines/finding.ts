/** What an examination of an engine finds, for the operator: a problem must be mended, a warning should be known. */

export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem';
  /** Stable, for programs: `role_superuser`. */
  readonly check: string;
  readonly message: string;
  /** What would mend it. */
  readonly hint: string | null;
}

export const fine = (check: string, message: string): Finding => ({
  level: 'ok',
  check,
  message,
  hint: null,
});

export const warning = (check: string, message: string, hint: string | null = null): Finding => ({
  level: 'warning',
  check,
  message,
  hint,
});

export const problem = (check: string, message: string, hint: string | null = null): Finding => ({
  level: 'problem',
  check,
  message,
  hint,
});

/** Some names, and how many more there are. */
export function listed(names: readonly string[], most = 10): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
