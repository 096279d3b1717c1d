/** Reads one YAML file against a schema: anything unknown is an error that names file, line and the nearest right word, and no message ever holds a value from the environment. */
import { distance } from 'fastest-levenshtein';
import { type Document, isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { type Code, SluiceError } from '../errors.ts';

/** Names to values, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Path = readonly PropertyKey[];

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
    result.error.issues.flatMap((issue) => describeIssue(issue, schema, document, filled.paths, lineAt)),
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

interface Problem {
  readonly line: number;
  readonly text: string;
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

/** Replaces `${NAME}` in string values (never in keys); `$${` stands for `${` itself. */
function fillFromEnvironment(document: Document, env: Environment | null) {
  const missing: { name: string; offset: number }[] = [];
  const paths: string[] = [];
  const filledNodes = new Set<unknown>();
  if (env !== null) {
    visit(document, {
      Scalar(key, node, ancestors) {
        if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('$')) return;
        let filled = false;
        node.value = node.value.replace(/\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (match, name?: string) => {
          if (name === undefined) return match.slice(1);
          const value = env[name];
          if (value === undefined || value === '') {
            missing.push({ name, offset: node.range?.[0] ?? 0 });
            return '';
          }
          filled = true;
          return value;
        });
        if (!filled) return;
        filledNodes.add(node);
        paths.push(pathOf(key, ancestors));
      },
    });
    // What an alias repeats is a value from the environment there as well.
    visit(document, {
      Alias(key, node, ancestors) {
        let holds = false;
        visit(node.resolve(document) ?? null, {
          Scalar(_, scalar) {
            holds ||= filledNodes.has(scalar);
          },
        });
        if (holds) paths.push(pathOf(key, ancestors));
      },
    });
  }
  return { missing, paths };
}

function pathOf(key: unknown, ancestors: readonly unknown[]): string {
  const parts: PropertyKey[] = [];
  ancestors.forEach((ancestor, index) => {
    const below = ancestors[index + 1];
    if (ancestor !== null && typeof ancestor === 'object' && 'items' in ancestor) {
      if (isMap(ancestor)) return;
      parts.push(below === undefined ? Number(key) : (ancestor.items as unknown[]).indexOf(below));
    } else if (ancestor !== null && typeof ancestor === 'object' && 'key' in ancestor) {
      parts.push(isScalar(ancestor.key) ? String(ancestor.key.value) : '?');
    }
  });
  return showPath(parts);
}

/** `engines.warehouse`, `publish[0].match`. */
export function showPath(path: Path): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

/** The offset of a path: of its key where it has one, else of its value; a missing path gives its parent's. */
function offsetOf(document: Document, path: Path): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === path[depth - 1],
      );
      if (pair !== undefined && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
      continue;
    }
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (node !== null && typeof node === 'object' && 'range' in node && Array.isArray(node.range)) {
      return Number(node.range[0]);
    }
  }
  return document.contents?.range?.[0] ?? 0;
}

function describeIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  document: Document,
  fromEnvironment: readonly string[],
  lineAt: (offset: number) => number,
): Problem[] {
  const line = lineAt(offsetOf(document, issue.path));
  const at = issue.path.length === 0 ? '' : `${showPath(issue.path)}: `;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), issue.path);
    return issue.keys.map((key) => ({
      line: lineAt(offsetOf(document, [...issue.path, key])),
      text: `${at}unknown key "${key}"${suggest(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors);
    if (closest !== undefined) {
      return closest.flatMap((inner) =>
        describeIssue(
          { ...inner, path: [...issue.path, ...inner.path] },
          schema,
          document,
          fromEnvironment,
          lineAt,
        ),
      );
    }
  }
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid ')) {
    const given: unknown = document.getIn(issue.path);
    const words = issue.values.map(String);
    const shown = typeof given === 'string' && !fromEnvironment.includes(showPath(issue.path));
    const hint = shown ? suggest(given, words) : '';
    return [{ line, text: `${at}must be ${words.length === 1 ? '' : 'one of '}${words.join(', ')}${hint}` }];
  }
  const absent = issue.code === 'invalid_type' && issue.path.length > 0 && !document.hasIn(issue.path);
  return [{ line, text: `${at}${absent ? 'is missing' : lowerFirst(issue.message)}` }];
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

interface JsonSchemaNode {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchemaNode>>;
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly additionalProperties?: JsonSchemaNode | boolean;
  readonly items?: JsonSchemaNode;
  readonly anyOf?: readonly JsonSchemaNode[];
  readonly oneOf?: readonly JsonSchemaNode[];
  readonly allOf?: readonly JsonSchemaNode[];
}

function knownKeys(root: unknown, path: Path): readonly string[] {
  const top = root as JsonSchemaNode;
  const branches = (node: JsonSchemaNode): readonly JsonSchemaNode[] => {
    if (node.$ref !== undefined) {
      const target = node.$ref === '#' ? top : top.$defs?.[node.$ref.replace('#/$defs/', '')];
      return target === undefined ? [] : branches(target);
    }
    const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
    return [node, ...inner.flatMap(branches)];
  };
  const step = (node: JsonSchemaNode, part: PropertyKey): readonly JsonSchemaNode[] => {
    if (typeof part === 'number') return node.items === undefined ? [] : branches(node.items);
    const named = node.properties?.[String(part)] ?? node.additionalProperties;
    return typeof named === 'object' ? branches(named) : [];
  };
  const nodes = path.reduce<readonly JsonSchemaNode[]>(
    (at, part) => at.flatMap((node) => step(node, part)),
    branches(top),
  );
  return nodes.flatMap((node) => Object.keys(node.properties ?? {}));
}

/** ` (did you mean "x"?)`, or nothing where no word is near. */
export function suggest(word: string, known: readonly string[]): string {
  const ranked = known
    // Known elsewhere, as a key of another kind: the same word is no help.
    .filter((candidate) => candidate !== word)
    .map((candidate) => ({ candidate, away: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.away - b.away);
  const best = ranked[0];
  if (best === undefined || best.away > Math.max(2, Math.floor(word.length / 3))) return '';
  return ` (did you mean "${best.candidate}"?)`;
}

function lowerFirst(text: string): string {
  return text.replace(/^Invalid input: /, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
