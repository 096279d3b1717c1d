/**
 * What the decision point is asked: one part of one side of a shape, with conditions of which only the answer is known. Whoever answers
 * all of them alike is decided for alike, so each question is asked once. The decision itself is the decision point's alone.
 */
import type { Decision, DecisionContext, DecisionInput } from '../access/decision.ts';
import { SluiceError } from '../errors.ts';
import { ANONYMOUS, type IdentityKind } from '../identity/identity.ts';
import { constant, replaceConditions } from './conditions.ts';
import { orderedName, type Part } from './shape.ts';

export type Ask = (batch: readonly DecisionInput[]) => Promise<readonly Decision[]>;

/** What is said of a question that made no sense, and of an answer that made none. */
const SENSELESS: ReadonlySet<string> = new Set([
  'undecodable',
  'policy_unreadable',
  'input_invalid',
  'not_exposed',
]);

export class Questions {
  readonly #ask: Ask;
  readonly #context: DecisionContext;
  readonly #answers = new Map<string, Decision>();
  readonly #waiting = new Map<string, DecisionInput>();
  /** Numbers for the texts of parts: a key that held the text would hold it once for each class. */
  readonly #parts = new Map<string, number>();

  constructor(ask: Ask, context: DecisionContext) {
    this.#ask = ask;
    this.#context = context;
  }

  /** How many were asked. */
  get asked(): number {
    return this.#answers.size;
  }

  /** @param truths of the part's conditions, in their order. @returns the key under which the answer will be found */
  add(part: Part, columns: number, kind: IdentityKind, truths: readonly number[]): string {
    const number = this.#parts.get(part.text) ?? this.#parts.size;
    this.#parts.set(part.text, number);
    const key = `${kind} ${truths.join('')} ${columns} ${number}`;
    if (!this.#answers.has(key) && !this.#waiting.has(key))
      this.#waiting.set(key, this.#questionOf(part, columns, kind, truths));
    return key;
  }

  /** Asks all that was added. */
  async settle(): Promise<void> {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    const answers = await this.#ask(waiting.map(([, question]) => question));
    waiting.forEach(([key], index) => {
      const answer = answers[index];
      // Denied on both sides it would look as if nothing changed.
      if (answer === undefined || SENSELESS.has(answer.reason))
        throw new SluiceError(
          'decision_invalid',
          'A part of the policies cannot be decided, so there is no plan.',
        );
      this.#answers.set(key, answer);
    });
  }

  answer(key: string): Decision {
    const answer = this.#answers.get(key);
    if (answer === undefined) throw new RangeError('a question that was not asked');
    return answer;
  }

  #questionOf(part: Part, columns: number, kind: IdentityKind, truths: readonly number[]): DecisionInput {
    let next = 0;
    const policies = part.policies.map((policy) =>
      replaceConditions(policy, () => constant(truths[next++] ?? 1)),
    );
    return {
      action: 'query',
      dataset: {
        dataset_id: 'plan',
        namespace: '',
        access_level: part.level,
        tags: [],
        columns: Array.from({ length: columns }, (_, index) => ({
          name: orderedName(index),
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
