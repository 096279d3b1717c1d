/**
 * Tree to text: the only source of what engines run. What differs between engines is lowered in the tree before, so that
 * one printer over the closed list of nodes serves all of them, and PostgreSQL's grammar reads the same tree back.
 */
import type {
  A_ArrayExpr,
  A_Const,
  A_Expr,
  A_Indirection,
  BoolExpr,
  BooleanTest,
  CaseExpr,
  CoalesceExpr,
  ColumnRef,
  FuncCall,
  GroupingFunc,
  GroupingSet,
  JoinExpr,
  MinMaxExpr,
  Node,
  NullTest,
  ParamRef,
  RangeFunction,
  RangeSubselect,
  RangeVar,
  ResTarget,
  RowExpr,
  SelectStmt,
  SortBy,
  SQLValueFunction,
  SubLink,
  TypeCast,
} from '@pgsql/types';
import { open } from '../walk.ts';
import { printCall, printSort } from './calls.ts';
import {
  need,
  printAll,
  printBoolean,
  printCase,
  printCast,
  printColumn,
  printIndirection,
  printOperation,
  printSubLink,
  printTruth,
} from './expressions.ts';
import {
  printFunctionInFrom,
  printGrouping,
  printJoin,
  printRelation,
  printSelect,
  printSubselect,
  printTarget,
} from './statements.ts';
import { printConstant, quoteDotted, quoteName, unprintable } from './tokens.ts';

/** Prints a whole query on one line. Throws verify_failed on a tree that no accepted query could have. */
export function print(select: SelectStmt): string {
  return printNode({ SelectStmt: select });
}

const VALUE_FUNCTIONS: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: 'CURRENT_DATE',
  SVFOP_CURRENT_TIME: 'CURRENT_TIME',
  SVFOP_CURRENT_TIMESTAMP: 'CURRENT_TIMESTAMP',
  SVFOP_LOCALTIME: 'LOCALTIME',
  SVFOP_LOCALTIMESTAMP: 'LOCALTIMESTAMP',
};

function printNode(node: Node): string {
  const { tag, body } = open(node);
  switch (tag) {
    case 'SelectStmt':
      return printSelect(printNode, body as SelectStmt);
    case 'ResTarget':
      return printTarget(printNode, body as ResTarget);
    case 'RangeVar':
      return printRelation(body as RangeVar);
    case 'RangeSubselect':
      return printSubselect(printNode, body as RangeSubselect);
    case 'RangeFunction':
      return printFunctionInFrom(printNode, body as RangeFunction);
    case 'JoinExpr':
      return printJoin(printNode, body as JoinExpr);
    case 'SortBy':
      return printSort(printNode, body as SortBy);
    case 'GroupingSet':
      return printGrouping(printNode, body as GroupingSet);
    case 'A_Const':
      return printConstant(body as A_Const);
    case 'ColumnRef':
      return printColumn(body as ColumnRef);
    case 'ParamRef':
      return `$${(body as ParamRef).number ?? 0}`;
    case 'A_Expr':
      return printOperation(printNode, body as A_Expr);
    case 'BoolExpr':
      return printBoolean(printNode, body as BoolExpr);
    case 'NullTest': {
      const { arg, nulltesttype } = body as NullTest;
      return `(${printNode(need(arg))} ${nulltesttype === 'IS_NOT_NULL' ? 'IS NOT NULL' : 'IS NULL'})`;
    }
    case 'BooleanTest':
      return printTruth(printNode, body as BooleanTest);
    case 'SubLink':
      return printSubLink(printNode, body as SubLink);
    case 'CaseExpr':
      return printCase(printNode, body as CaseExpr);
    case 'CoalesceExpr':
      return `COALESCE(${printAll(printNode, (body as CoalesceExpr).args)})`;
    case 'MinMaxExpr': {
      const { op, args } = body as MinMaxExpr;
      return `${op === 'IS_LEAST' ? 'LEAST' : 'GREATEST'}(${printAll(printNode, args)})`;
    }
    case 'SQLValueFunction': {
      const word = VALUE_FUNCTIONS[(body as SQLValueFunction).op ?? ''];
      if (word === undefined) throw unprintable('this value function');
      return word;
    }
    case 'TypeCast':
      return printCast(printNode, body as TypeCast);
    case 'FuncCall':
      return printCall(printNode, body as FuncCall);
    case 'CollateClause':
      return `(${printNode(need(body.arg as Node | undefined))} COLLATE ${quoteDotted(body.collname as Node[])})`;
    case 'NamedArgExpr':
      return `${quoteName(body.name as string)} => ${printNode(need(body.arg as Node | undefined))}`;
    case 'A_ArrayExpr':
      return `ARRAY[${printAll(printNode, (body as A_ArrayExpr).elements)}]`;
    case 'A_Indirection':
      return printIndirection(printNode, body as A_Indirection);
    case 'RowExpr': {
      const { args, row_format } = body as RowExpr;
      const values = `(${printAll(printNode, args)})`;
      return row_format === 'COERCE_IMPLICIT_CAST' ? values : `ROW${values}`;
    }
    case 'GroupingFunc':
      return `GROUPING(${printAll(printNode, (body as GroupingFunc).args)})`;
    // Printed by the node that holds them, never alone.
    case 'WithClause':
    case 'CommonTableExpr':
    case 'Alias':
    case 'CaseWhen':
    case 'TypeName':
    case 'WindowDef':
    case 'A_Indices':
    case 'List':
    case 'String':
    case 'Integer':
      throw unprintable(tag);
    default:
      return tag satisfies never;
  }
}
