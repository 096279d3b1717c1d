/** What formats make of findings: groups of notes, keys of a baseline, hostile names. */
import { describe, expect, it } from 'vitest';
import { keyOf } from '../../src/doors/cli/lint/baseline.ts';
import { toGitHub } from '../../src/doors/cli/lint/github.ts';
import { grouped } from '../../src/doors/cli/lint/grouped.ts';
import { toSarif } from '../../src/doors/cli/lint/sarif.ts';
import { toText } from '../../src/doors/cli/lint/text.ts';
import { type Finding, finding, inShort } from '../../src/findings.ts';
import { reportOf } from '../../src/hygiene/report.ts';

const untagged = (column: string, dataset = 'gold.a') =>
  finding('untagged-column', 'has no tag', { dataset, column });
const ended = (tag: string) =>
  finding('lineage-broken', `"${tag}" ends here`, { dataset: 'gold.a', column: 'x' });

describe('notes about columns', () => {
  it('are one note a dataset', () => {
    const notes = ['a', 'b', 'c', 'd', 'e'].map((column) => untagged(column));
    expect(
      grouped([...notes, untagged('x', 'gold.b')]).map(({ dataset, column, message }) => [
        dataset,
        column,
        message,
      ]),
    ).toEqual([
      ['gold.a', null, 'has 5 columns of which each has no tag: a, b, c and 2 more'],
      ['gold.b', 'x', 'has no tag'],
    ]);
  });

  it('that say different things stay apart', () => {
    expect(grouped([ended('pii.email'), ended('pii.phone')])).toHaveLength(2);
  });

  it('that are warnings stay apart', () => {
    const ghosts = ['a', 'b'].map((column) =>
      finding('ghost-column', 'is gone', { dataset: 'gold.a', column }),
    );
    expect(grouped(ghosts)).toHaveLength(2);
  });
});

describe('the key of a finding', () => {
  const likely = (rate: number) =>
    finding('likely-personal-data', `looks like names in ${rate} % of values`, {
      dataset: 'gold.a',
      column: 'x',
    });
  const pairs: readonly (readonly [string, Finding, Finding, boolean])[] = [
    ['numbers do not count', likely(90), likely(91), true],
    ['lines do not count', { ...untagged('a'), line: 1 }, { ...untagged('a'), line: 2 }, true],
    ['columns do', untagged('a'), untagged('b'), false],
    ['tags of one column do', ended('pii.email'), ended('pii.phone'), false],
    [
      'what has no place is known by its words',
      finding('publish-rule-idle', 'rule 1'),
      finding('publish-rule-idle', 'rule 2'),
      false,
    ],
  ];
  it.each(pairs)('%s', (_, one, other, same) => expect(keyOf(one) === keyOf(other)).toBe(same));
});

describe('a hostile name', () => {
  const evil = 'a\u001b[2J\r\n::error::b,c:d%';
  const report = reportOf(
    [finding('ghost-column', `is ${evil}`, { dataset: evil, column: evil, file: `${evil}.yml`, line: 1 })],
    [],
  );

  it('gives one command of a workflow', () => {
    const lines = toGitHub(report).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^::warning file=[^,]*,line=1,title=ghost-column::/);
  });

  it('clears no screen', () => expect(toText(report, [evil], 80)).not.toMatch(/(?!\n)\p{Cc}/u));

  it('is data in SARIF', () => {
    const { runs } = JSON.parse(toSarif(report, '1.0.0')) as {
      runs: [{ results: [{ message: { text: string } }] }];
    };
    expect(runs[0].results[0].message.text).toContain(evil);
  });
});

describe('what a push tells', () => {
  it('is one text for all that say the same', () => {
    const refused = ['a', 'b', 'c', 'd'].map((name) =>
      finding('dataset-refused', 'refused, gone', { dataset: name }),
    );
    expect(inShort(refused)).toEqual(['a, b, c and 1 more: refused, gone']);
  });

  it('leaves notes out, and ends', () => {
    const many = Array.from({ length: 30 }, (_, i) =>
      finding('reserved-tag', `the tag "${i}"`, { node: 'n' }),
    );
    const texts = inShort([untagged('a'), ...many]);
    expect(texts).toHaveLength(21);
    expect(texts.at(-1)).toBe('and 10 more like this; `sluice lint` lists them');
  });
});
