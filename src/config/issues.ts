/** What a schema found wrong, in words that name the place and the nearest right word, never a value from the environment. */
import type { Document } from 'yaml';
import type { z } from 'zod';
import { knownKeys, suggest } from './known-keys.ts';
import { offsetOf, showPath } from './paths.ts';

export interface Problem {
  readonly line: number;
  readonly text: string;
}

export interface IssueContext {
  readonly schema: z.ZodType;
  readonly document: Document;
  /** Dotted paths of values from the environment. */
  readonly filled: readonly string[];
  readonly lineAt: (offset: number) => number;
}

export function describeIssue(issue: z.core.$ZodIssue, context: IssueContext): Problem[] {
  const { schema, document, filled, lineAt } = context;
  const line = lineAt(offsetOf(document, issue.path));
  const at = issue.path.length === 0 ? '' : `${showPath(issue.path)}: `;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => ({
      line: lineAt(offsetOf(document, [...issue.path, key])),
      text: `${at}unknown key "${key}"${suggest(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors);
    if (closest !== undefined) {
      return closest.flatMap((inner) =>
        describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, context),
      );
    }
  }
  const allowed = wordsOf(issue);
  if (allowed !== null) {
    const given: unknown = document.getIn(issue.path);
    const words = allowed.map(String);
    const shown = typeof given === 'string' && !filled.includes(showPath(issue.path));
    const hint = shown ? suggest(given, words) : '';
    return [{ line, text: `${at}must be ${words.length === 1 ? '' : 'one of '}${words.join(', ')}${hint}` }];
  }
  if (issue.code === 'invalid_key') {
    return [{ line, text: `${at}${issue.issues[0]?.message ?? 'not a valid name'}` }];
  }
  const absent = issue.code === 'invalid_type' && issue.path.length > 0 && !document.hasIn(issue.path);
  return [{ line, text: `${at}${absent ? 'is missing' : lowerFirst(issue.message)}` }];
}

/** The words that a value may be, where that is all there is to say. */
function wordsOf(issue: z.core.$ZodIssue): readonly unknown[] | null {
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid ')) return issue.values;
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options))
    return issue.options;
  return null;
}

/** Of a failed union, the branch that came furthest; none where all failed at the value itself. */
function closestBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const reached = branches.filter((issues) =>
    issues.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  );
  return reached.sort((a, b) => a.length - b.length)[0];
}

function lowerFirst(text: string): string {
  return text.replace(/^Invalid input: /, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
