/** Files of tag changes as tools and spreadsheets write them. */
import { describe, expect, it } from 'vitest';
import { readTagFile } from '../../src/doors/cli/tag-file.ts';

const CHANGE = { dataset: 'gold.members', column: 'region', add: ['pii'] };

describe('a file of tag changes', () => {
  it.each<[string, string, object]>([
    ['a.csv', '\ufeffdataset,column,tag,action\r\ngold.members,region,pii,add\r\n', { changes: [CHANGE] }],
    ['a.csv', 'Dataset;Column;Tag\ngold.members;region;pii\n', { changes: [CHANGE] }],
    ['a.csv', 'dataset,column,tag\n"gold.members","region","pii"\n\n', { changes: [CHANGE] }],
    [
      'A.CSV',
      'dataset,tag,action\ngold.members,a,REMOVE\ngold.members,b,\n',
      {
        changes: [
          { dataset: 'gold.members', remove: ['a'] },
          { dataset: 'gold.members', add: ['b'] },
        ],
      },
    ],
    [
      'a.yml',
      'source: sheet\nmode: replace\nchanges:\n  - { dataset: x }\n',
      { source: 'sheet', mode: 'replace', changes: [{ dataset: 'x' }] },
    ],
    ['a.json', JSON.stringify([CHANGE]), { source: null, changes: [CHANGE] }],
    ['a.json', JSON.stringify({ source: 's', changes: [CHANGE] }), { source: 's', changes: [CHANGE] }],
  ])('%s %j', (path, text, wanted) => {
    expect(readTagFile(path, text)).toMatchObject(wanted);
  });

  it.each<[string, string, RegExp]>([
    ['b.csv', 'dataset,tags\na,b\n', /has a column "tags"/],
    ['b.csv', 'column,tag\na,b\n', /needs the columns dataset and tag/],
    ['c.csv', 'dataset,tag,action\na,b,drop\n', /row 1: action is add or remove/],
    ['d.csv', 'dataset,tag\n"a,b\n', /is no CSV/],
    ['d.csv', 'dataset,tag\na\n', /is no CSV/],
    ['d.csv', '', /is empty/],
    ['e.yml', 'hello', /holds no tag changes/],
    ['f.yml', 'changes: {}', /needs `changes:` with a list/],
    ['g.yml', 'changes: []\nchange: []\n', /`change` is not known/],
    ['h.yml', 'mode: all\nchanges: []\n', /`mode` is merge or replace/],
    ['i.yml', 'a: &a [*a]\nchanges: []', /e\.yml|i\.yml/],
    [
      'j.yml',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${Array(9).fill('*a')}]\nc: [${Array(99).fill('*b')}]`,
      /alias/i,
    ],
  ])('%s %j is refused', (path, text, told) => {
    expect(() => readTagFile(path, text)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(told) }),
    );
  });
});
