/** What a bench found, told once: to `run.ts` where it is the parent, and in any case to the reader. */

/** One line of the closing table. */
export interface Figure {
  readonly figure: string;
  /** Empty where there is none. */
  readonly aim: string;
  readonly measured: string;
  /** Null where there is no aim to meet. */
  readonly met: boolean | null;
}

/** Tells one figure; `met` is left out where there is no aim. */
export function report(figure: string, measured: string, aim = '', met: boolean | null = null): void {
  const told: Figure = { figure, aim, measured, met };
  process.send?.(told);
  const verdict = met === null ? '' : met ? '  (met)' : '  (missed)';
  console.log(`${figure}: ${measured}${aim === '' ? '' : `  aim ${aim}`}${verdict}`);
}

/** The value below which the share `q` of the values lies, between its two neighbours; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return below + (above - below) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Milliseconds as a reader likes them. */
export function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 3 : 1)} ms`;
}

/** `--quick` and the like: shorter runs whose figures say less. */
export const QUICK = process.argv.includes('--quick');
