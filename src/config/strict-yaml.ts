/** Reads one YAML file against a schema: anything unknown is an error that names file, line and the nearest right word, and no message ever holds a value from the environment. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Code, SluiceError } from '../errors.ts';
import { type Environment, fillFromEnvironment } from './environment-values.ts';
import { describeIssue, type Problem } from './issues.ts';
import { offsetOf, type Path } from './paths.ts';

export interface StrictYamlOptions {
  /** As shown in messages. */
  readonly file: string;
  /** Where `${NAME}` in a value is looked up; null leaves the text as it is. */
  readonly env: Environment | null;
  /** The code of the error that is thrown. */
  readonly code: Code;
}

export interface StrictYaml<T> {
  readonly value: T;
  /** Dotted paths of the values that `${NAME}` filled. */
  readonly fromEnvironment: readonly string[];
  /** The 1-based line of a path, or of its nearest ancestor that the file holds. */
  readonly lineOf: (path: Path) => number;
}

/** Throws one error with all problems of the file in `details`. */
export function readStrictYaml<S extends z.ZodType>(
  text: string,
  schema: S,
  options: StrictYamlOptions,
): StrictYaml<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const lineOf = (path: Path) => lineAt(offsetOf(document, path));
  const problems: Problem[] = [...document.errors, ...document.warnings].map((error) => ({
    line: lineAt(error.pos[0]),
    // The library's own text may quote the file, and so a secret that was written into it.
    text: YAML_PROBLEMS[error.code] ?? 'not valid YAML',
  }));
  report(problems, options);

  const filled = fillFromEnvironment(document, options.env);
  report(
    filled.missing.map(({ name, offset }) => ({
      line: lineAt(offset),
      text: `the environment variable ${name} is not set`,
    })),
    options,
  );

  const result = schema.safeParse(toPlain(document, options) ?? {});
  if (result.success) {
    return { value: result.data, fromEnvironment: filled.paths, lineOf };
  }
  report(
    result.error.issues.flatMap((issue) =>
      describeIssue(issue, { schema, document, filled: filled.paths, lineAt }),
    ),
    options,
  );
  throw new SluiceError(options.code);
}

/** Aliases that multiply each other are a known way to fill memory; the library counts them. */
function toPlain(document: Document, options: StrictYamlOptions): unknown {
  try {
    return document.toJS();
  } catch {
    throw new SluiceError(options.code, `${options.file}: the aliases of the file cannot be resolved`);
  }
}

function report(problems: readonly Problem[], { file, code }: StrictYamlOptions): void {
  const [first, ...rest] = [...problems].sort((a, b) => a.line - b.line);
  if (first === undefined) return;
  const shown = [first, ...rest].map((problem) => `${file}:${problem.line}: ${problem.text}`);
  const more = rest.length === 0 ? '' : ` (and ${rest.length} more)`;
  throw new SluiceError(code, `${shown[0]}${more}`, { details: shown });
}

const YAML_PROBLEMS: Readonly<Record<string, string>> = {
  BAD_INDENT: 'wrong indentation, or a bracket, brace or quote that is never closed',
  DUPLICATE_KEY: 'the key stands twice in one mapping',
  MISSING_CHAR: 'a character is missing: an unclosed quote, bracket or brace, or no space after a colon',
  MULTILINE_IMPLICIT_KEY: 'a key spans several lines: a colon or a quote is missing',
  TAB_AS_INDENT: 'a tab indents this line; YAML takes spaces only',
  UNEXPECTED_TOKEN: 'unexpected text: is something not quoted or not indented?',
  TAG_RESOLVE_FAILED: 'a YAML tag (`!…`) that means nothing here',
  MULTIPLE_DOCS: 'the file holds more than one document',
};
