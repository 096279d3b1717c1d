/** One condition that exempts from every restricting policy is a key to all doors: whoever meets it is governed by nothing. Refused at push. */
import type { PolicyDefinition } from './definition.ts';
import { covers, literalKey } from './dnf.ts';

/** What is withheld of data; a limit withholds nothing, and who is let in is not exempt from anything. */
const RESTRICTING: ReadonlySet<string> = new Set(['deny', 'require', 'mask', 'rows']);

/** A problem that names the condition, or nothing. A `break_glass` policy is the way to have such a key: with a reason, and an end. */
export function masterKeys(definitions: readonly PolicyDefinition[]): readonly string[] {
  const restricting = definitions.filter(({ body }) => RESTRICTING.has(body.effect));
  const exemptions = restricting.map(({ unless }) =>
    (unless ?? []).map((literals) => new Set(literals.map(literalKey))),
  );
  const [first] = restricting;
  if (first === undefined || restricting.length < 2) return [];
  const holds = (key: ReadonlySet<string>, exemption: ReadonlySet<string>) =>
    (key.size === exemption.size && [...key].every((k) => exemption.has(k))) || covers(exemption, key);
  const key = exemptions
    .flat()
    .find((one) => exemptions.every((alternatives) => alternatives.some((other) => holds(one, other))));
  if (key === undefined) return [];
  const place = `${first.source.file}:${first.lineOf(['unless'])}`;
  return [
    `${place}: one condition exempts from all ${restricting.length} restricting policies: ${inWords(key)}; let one of them hold for everyone, or say \`break_glass\``,
  ];
}

function inWords(key: ReadonlySet<string>): string {
  const words = [...key].map((literal) => {
    const [fact, name, value, negated] = JSON.parse(literal) as [string, string, unknown, boolean];
    return `${negated ? 'not ' : ''}${fact}${name === '' ? '' : ` ${name}`} = ${String(value)}`;
  });
  return words.join(' and ') || 'everyone';
}
