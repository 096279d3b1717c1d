/** Holds operators, and the forms that PostgreSQL keeps in the same node (IN, BETWEEN, LIKE), to the table of operators. */
import type { A_Expr, Node, SubLink } from '@pgsql/types';
import { type Inspection, type Place, refuse } from './inspection.ts';
import { operatorNamed } from './operators.ts';

type Shape = 'operand' | 'list' | 'pair' | 'similar';

/** The names that the grammar gives each form, and what stands on its right. */
const FORMS: Readonly<Record<string, { readonly names: readonly string[]; readonly right: Shape }>> = {
  AEXPR_DISTINCT: { names: ['='], right: 'operand' },
  AEXPR_NOT_DISTINCT: { names: ['='], right: 'operand' },
  AEXPR_NULLIF: { names: ['='], right: 'operand' },
  AEXPR_IN: { names: ['=', '<>'], right: 'list' },
  AEXPR_LIKE: { names: ['~~', '!~~'], right: 'operand' },
  AEXPR_ILIKE: { names: ['~~*', '!~~*'], right: 'operand' },
  AEXPR_SIMILAR: { names: ['~', '!~'], right: 'similar' },
  AEXPR_BETWEEN: { names: ['BETWEEN'], right: 'pair' },
  AEXPR_NOT_BETWEEN: { names: ['NOT BETWEEN'], right: 'pair' },
  AEXPR_BETWEEN_SYM: { names: ['BETWEEN SYMMETRIC'], right: 'pair' },
  AEXPR_NOT_BETWEEN_SYM: { names: ['NOT BETWEEN SYMMETRIC'], right: 'pair' },
};

export function checkExpression(expression: A_Expr, seen: Inspection, place: Place): void {
  const name = operatorName(expression.name);
  const form = FORMS[expression.kind ?? ''];
  if (form !== undefined) {
    if (name === null || !form.names.includes(name)) refused(name, seen, place);
    if (expression.lexpr === undefined || !fits(form.right, expression.rexpr)) malformed(seen, place);
    return;
  }
  const operator = name === null ? undefined : operatorNamed(name);
  if (operator === undefined) refused(name, seen, place);
  if (!fits('operand', expression.rexpr)) malformed(seen, place);
  if (expression.lexpr === undefined ? !operator.prefix : !operator.infix) {
    refused(name, seen, place);
  }
  if (expression.kind !== 'AEXPR_OP' && !operator.quantified) refused(name, seen, place);
}

/** `a < ANY (SELECT …)`; no name means `=` of IN. */
export function checkQuantifier(link: SubLink, seen: Inspection, place: Place): void {
  if (link.operName === undefined) return;
  const name = operatorName(link.operName);
  if (name === null || operatorNamed(name)?.quantified !== true) refused(name, seen, place);
}

function operatorName(parts: readonly Node[] | undefined): string | null {
  const [only, more] = parts ?? [];
  return only !== undefined && more === undefined && 'String' in only ? (only.String.sval ?? null) : null;
}

function fits(shape: Shape, right: Node | undefined): boolean {
  if (right === undefined) return false;
  const items = 'List' in right ? (right.List.items ?? []) : null;
  switch (shape) {
    case 'operand':
      return items === null;
    case 'list':
      return items !== null && items.length > 0;
    case 'pair':
      return items?.length === 2;
    case 'similar':
      return 'FuncCall' in right;
    default:
      return shape satisfies never;
  }
}

function refused(name: string | null, seen: Inspection, place: Place): never {
  return refuse(
    seen,
    place,
    'sql_operator_refused',
    name === null ? 'Operators with a schema are not accepted' : `The operator ${name} is not accepted`,
    'The reference lists the operators that are accepted.',
  );
}

function malformed(seen: Inspection, place: Place): never {
  return refuse(
    seen,
    place,
    'sql_construct_refused',
    'Not accepted: the form of this expression',
    'Write it in another way.',
  );
}
