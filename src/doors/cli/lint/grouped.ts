/** Notes about single columns as one note a dataset: people look at the first few. */
import { type Finding, several } from '../../../findings.ts';

export function grouped(findings: readonly Finding[]): readonly Finding[] {
  const groups = Map.groupBy(findings, (one) =>
    one.level === 'note' && one.column !== null
      ? JSON.stringify([one.rule, one.dataset ?? one.node, one.message])
      : one,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length === 1) return group;
    const names = several(group.map(({ column }) => column ?? ''));
    const message = `has ${group.length} columns of which each ${first.message}: ${names}`;
    return [{ ...first, column: null, message, hint: null }];
  });
}
