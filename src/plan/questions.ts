/**
 * What the decision point is asked: one side of a shape, with conditions of which only the answer is known. Whoever answers
 * all of them alike is decided for alike, so each question is asked once. The decision itself is the decision point's alone.
 */
import type { Decision, DecisionContext, DecisionInput } from '../access/decision.ts';
import { ANONYMOUS, type IdentityKind } from '../identity/identity.ts';
import { constant, replaceConditions } from './conditions.ts';
import type { Shape, Side } from './shape.ts';

export type Ask = (batch: readonly DecisionInput[]) => Promise<readonly Decision[]>;

/** Questions of one call: more would only make the answer larger than the decision point likes. */
const BATCH = 50;

export class Questions {
  readonly #ask: Ask;
  readonly #context: DecisionContext;
  readonly #answers = new Map<string, Decision>();
  readonly #waiting = new Map<string, DecisionInput>();

  constructor(ask: Ask, context: DecisionContext) {
    this.#ask = ask;
    this.#context = context;
  }

  /** How many were asked. */
  get asked(): number {
    return this.#answers.size;
  }

  /** @param truths of the side's conditions, in their order. @returns the key under which the answer will be found */
  add(side: Side, columns: Shape['columns'], kind: IdentityKind, truths: readonly number[]): string {
    const key = `${kind} ${truths.join('')} ${columns.length} ${side.text}`;
    if (!this.#answers.has(key) && !this.#waiting.has(key))
      this.#waiting.set(key, this.#questionOf(side, columns.length, kind, truths));
    return key;
  }

  /** Asks all that was added. */
  async settle(): Promise<void> {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (let start = 0; start < waiting.length; start += BATCH) {
      const batch = waiting.slice(start, start + BATCH);
      const answers = await this.#ask(batch.map(([, question]) => question));
      batch.forEach(([key], index) => {
        const answer = answers[index];
        if (answer !== undefined) this.#answers.set(key, answer);
      });
    }
  }

  answer(key: string): Decision {
    const answer = this.#answers.get(key);
    if (answer === undefined) throw new RangeError('a question that was not asked');
    return answer;
  }

  #questionOf(side: Side, columns: number, kind: IdentityKind, truths: readonly number[]): DecisionInput {
    let next = 0;
    const policies = side.policies.map((policy) =>
      replaceConditions(policy, () => constant(truths[next++] ?? 1)),
    );
    return {
      action: 'query',
      dataset: {
        dataset_id: 'plan',
        namespace: '',
        access_level: side.level,
        tags: [],
        columns: Array.from({ length: columns }, (_, index) => ({
          name: String(index).padStart(5, '0'),
          type: null,
          tags: [],
          state: 'documented',
        })),
        owner: null,
        resource_type: '',
        policies,
      },
      identity: { ...ANONYMOUS, kind, sub: 'someone' },
      request: { sql_tables: [], columns: [], limit: null, offset: null, formats: [] },
      context: this.#context,
    };
  }
}
