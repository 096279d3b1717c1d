/** Every accepted expression in every place where one may stand survives print and parse; so do random trees of them. */
import type { Node } from '@pgsql/types';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { guard } from '../../src/sql/guard/guard.ts';
import { EXPRESSIONS, NODES, type Slot } from '../../src/sql/guard/nodes.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { givesBack } from '../../src/sql/verify.ts';
import { close, eachChild, open, walk } from '../../src/sql/walk.ts';
import { CHILDREN, expressionOf, fill, isHole, PARENTS, STATEMENTS, treeOf } from './pieces.ts';

beforeAll(loadParser);

/** Trees that the grammar cannot give: it folds a sign into a number, and reads `((SELECT 1))` as one subquery. */
function cannotBe(parent: string, child: Node): boolean {
  const signed = /^select [+-] hole/.test(parent) && 'A_Const' in child && isNumber(child);
  const query = 'SubLink' in child && child.SubLink.subLinkType === 'EXPR_SUBLINK';
  const doubled = query && /(any|all) \(hole\)/.test(parent);
  return signed || doubled;
}

function isNumber(node: Node): boolean {
  return 'A_Const' in node && (node.A_Const.ival !== undefined || node.A_Const.fval !== undefined);
}

describe('print and parse', () => {
  it.each(STATEMENTS)('gives back: %s', (text) => {
    const tree = treeOf(text);
    expect(givesBack(print(tree), tree)).toBe(true);
  });

  it.each(CHILDREN)('gives back the expression: %s', (text) => {
    const tree = treeOf(`select ${text}`);
    expect(givesBack(print(tree), tree)).toBe(true);
  });

  it('gives back every pair of parent and child', () => {
    const children = CHILDREN.map((text) => ({ text, node: expressionOf(text) }));
    const lost: string[] = [];
    let pairs = 0;
    for (const parent of PARENTS) {
      const tree = treeOf(parent);
      for (const child of children) {
        if (cannotBe(parent, child.node)) continue;
        const filled = fill(tree, child.node);
        pairs += 1;
        if (!givesBack(print(filled), filled)) lost.push(`${parent} <- ${child.text}: ${print(filled)}`);
      }
    }
    console.log(`${pairs} pairs of ${PARENTS.length} places and ${CHILDREN.length} expressions`);
    expect(lost).toEqual([]);
    expect(pairs).toBeGreaterThan(10_000);
  });

  it('prints the same text again from what it reads back', () => {
    for (const text of [...STATEMENTS, ...CHILDREN.map((child) => `select ${child}`)]) {
      const once = print(treeOf(text));
      expect(print(treeOf(once))).toBe(once);
    }
  });

  it('gives back random trees of accepted pieces', () => {
    const parents = PARENTS.filter((text) => !/^select [+-] hole|(any|all) \(hole\)/.test(text));
    const expressionParents = parents.filter((text) => text.startsWith('select ') && holds(text));
    const piece = fc.constantFrom(...CHILDREN).map(expressionOf);
    const grown = fc
      .tuple(piece, fc.array(fc.constantFrom(...expressionParents), { maxLength: 6 }))
      .map(([leaf, wrappers]) =>
        wrappers.reduce((inner, wrapper) => targetOf(fill(treeOf(wrapper), inner)) ?? inner, leaf),
      );
    fc.assert(
      fc.property(fc.constantFrom(...parents), grown, (parent, child) => {
        const tree = fill(treeOf(parent), child);
        expect(givesBack(print(tree), tree)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Whether the hole is in the first output column. */
function holds(text: string): boolean {
  const target = targetOf(treeOf(text));
  let found = false;
  if (target !== null) {
    walk(target, (node) => {
      found ||= isHole(node);
      return !found;
    });
  }
  return found;
}

function targetOf(tree: { readonly targetList?: readonly Node[] }): Node | null {
  const [target] = tree.targetList ?? [];
  return target !== undefined && 'ResTarget' in target ? (target.ResTarget.val ?? null) : null;
}

describe('the pieces cover the table of nodes', () => {
  const holdsExpression = (slot: Slot): boolean =>
    (slot.is === 'node' || slot.is === 'list') &&
    slot.of.some((tag) => (EXPRESSIONS as readonly string[]).includes(tag));

  it('puts a hole into every field that takes an expression', () => {
    const wanted = Object.entries(NODES).flatMap(([tag, fields]) =>
      Object.entries(fields).flatMap(([field, slot]) => (holdsExpression(slot) ? [`${tag}.${field}`] : [])),
    );
    const found = new Set<string>();
    for (const text of PARENTS) {
      walk(close('SelectStmt', treeOf(text)), (node) => {
        const { tag } = open(node);
        eachChild(node, (child, field) => {
          if (isHole(child)) found.add(`${tag}.${field}`);
        });
        return undefined;
      });
    }
    // The guard lets only literals and parameters stand here, and only literals in types.
    const literalOnly = ['SelectStmt.limitOffset', 'SelectStmt.limitCount', 'TypeName.typmods'];
    expect(wanted.filter((place) => !found.has(place) && !literalOnly.includes(place))).toEqual([]);
  });

  it('holds every node type and every value of every enum', () => {
    const seen = new Set<string>();
    for (const text of [...PARENTS, ...STATEMENTS, ...CHILDREN.map((child) => `select ${child}`)]) {
      walk(close('SelectStmt', treeOf(text)), (node) => {
        const { tag, body } = open(node);
        seen.add(tag);
        for (const [field, slot] of Object.entries(NODES[tag])) {
          if (slot.is === 'enum') seen.add(`${tag}.${field}=${String(body[field] ?? slot.of[0])}`);
        }
        return undefined;
      });
    }
    const wanted = Object.entries(NODES).flatMap(([tag, fields]) => [
      tag,
      ...Object.entries(fields).flatMap(([field, slot]) =>
        slot.is === 'enum' ? slot.of.map((value) => `${tag}.${field}=${value}`) : [],
      ),
    ]);
    // Grouping sets are written out: PostgreSQL makes SIMPLE ones only later.
    const never = ['GroupingSet.kind=GROUPING_SET_SIMPLE'];
    expect(wanted.filter((name) => !seen.has(name) && !never.includes(name))).toEqual([]);
  });

  it('is admitted by the guard, so that nothing printed here is refused there', () => {
    const refused = [...PARENTS.map((text) => text.replaceAll('hole', 'a')), ...STATEMENTS]
      .concat(CHILDREN.map((child) => `select ${child} from t window w as ()`))
      .filter((text) => !admitted(text));
    expect(refused).toEqual([]);
  });
});

function admitted(text: string): boolean {
  try {
    guard(parse(text, { maxBytes: 10_000 }));
    return true;
  } catch {
    return false;
  }
}
