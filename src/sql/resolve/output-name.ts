/** The name that PostgreSQL gives an output column without AS (FigureColname in parse_target.c, version 18). */
import type { FuncCall, SelectStmt, SubLink, TypeCast } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';

interface Figured {
  readonly name: string;
  /** 1: a guess that a cast around it may take over; 2: a good name. */
  readonly strength: 1 | 2;
}

export function outputName(expression: Node): string {
  return figure(expression)?.name ?? '?column?';
}

const VALUE_FUNCTIONS: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: 'current_date',
  SVFOP_CURRENT_TIME: 'current_time',
  SVFOP_CURRENT_TIMESTAMP: 'current_timestamp',
  SVFOP_LOCALTIME: 'localtime',
  SVFOP_LOCALTIMESTAMP: 'localtimestamp',
};

const good = (name: string): Figured => ({ name, strength: 2 });

function lastName(names: readonly Node[] | undefined): string | null {
  const strings = (names ?? []).filter((name) => 'String' in name);
  const last = strings[strings.length - 1];
  return last === undefined ? null : ((open(last).body.sval as string | undefined) ?? '');
}

function figure(expression: Node): Figured | null {
  const { tag, body } = open(expression);
  switch (tag) {
    case 'ColumnRef': {
      const name = lastName((body as { fields?: Node[] }).fields);
      return name === null ? null : good(name);
    }
    case 'A_Indirection': {
      const name = lastName((body as { indirection?: Node[] }).indirection);
      return name === null ? figure(body.arg as Node) : good(name);
    }
    case 'FuncCall':
      return good(lastName((body as FuncCall).funcname) ?? '');
    case 'A_Expr':
      return body.kind === 'AEXPR_NULLIF' ? good('nullif') : null;
    case 'TypeCast': {
      const { arg, typeName } = body as TypeCast;
      const inner = figure(arg!);
      if (inner !== null && inner.strength > 1) return inner;
      const name = lastName(typeName?.names);
      return name === null ? inner : { name, strength: 1 };
    }
    case 'CollateClause':
      return figure(body.arg as Node);
    case 'CaseExpr': {
      const fallback = body.defresult === undefined ? null : figure(body.defresult as Node);
      return fallback !== null && fallback.strength > 1 ? fallback : { name: 'case', strength: 1 };
    }
    case 'SubLink':
      return figureSubLink(body as SubLink);
    case 'GroupingFunc':
      return good('grouping');
    case 'A_ArrayExpr':
      return good('array');
    case 'RowExpr':
      return good('row');
    case 'CoalesceExpr':
      return good('coalesce');
    case 'MinMaxExpr':
      return good(body.op === 'IS_LEAST' ? 'least' : 'greatest');
    case 'SQLValueFunction':
      return good(VALUE_FUNCTIONS[body.op as string] ?? 'current_date');
    default:
      return null;
  }
}

function figureSubLink(link: SubLink): Figured | null {
  if (link.subLinkType === 'EXISTS_SUBLINK') return good('exists');
  if (link.subLinkType === 'ARRAY_SUBLINK') return good('array');
  if (link.subLinkType !== 'EXPR_SUBLINK') return null;
  let select = open(link.subselect!).body as SelectStmt;
  while (select.larg !== undefined) select = select.larg;
  const first = select.targetList?.[0];
  if (first === undefined) return select.valuesLists === undefined ? null : good('column1');
  const { name, val } = open(first).body as { name?: string; val: Node };
  return name === undefined ? figure(val) : good(name);
}
