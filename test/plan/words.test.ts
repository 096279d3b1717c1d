/** A plan as text and as a comment: complete enough to decide by, bounded, and never more than text. */
import { describe, expect, it } from 'vitest';
import { MARK, planMarkdown } from '../../src/plan/markdown.ts';
import type { Access, AccessChange, PlanReport } from '../../src/plan/report.ts';
import { planText } from '../../src/plan/text.ts';

const change = (dataset: string, over: Partial<AccessChange> = {}): AccessChange => ({
  dataset,
  change: 'column_unmasked',
  direction: 'gain',
  column: 'email',
  tags: ['pii.email'],
  from: 'hash',
  to: 'raw',
  policies: ['mask-email'],
  when: null,
  ...over,
});

const access = (changes: readonly AccessChange[], over: Partial<Access['who']> = {}): Access => ({
  who: {
    label: 'group marketing',
    personas: ['intern'],
    seen: 2,
    examples: ['mia', 'max'],
    imagined: false,
    ...over,
  },
  direction: 'gain',
  tagged: true,
  changes,
});

const none = { added: 0, removed: 0, changed: 0 };
const report = (list: readonly Access[], over: Partial<PlanReport> = {}): PlanReport => ({
  format: 1,
  base: 'a'.repeat(64),
  etag: 'b'.repeat(64),
  changed: true,
  environment: 'production',
  verdict: 'gain',
  summary: {
    datasets: none,
    columns: none,
    tags: none,
    policies: { ...none, changed: 1 },
    identities: { personas: 1, seen: 2, days: 30, classes: 3, gaining: 3, losing: 0 },
    grants: { active: 3, void: 0, narrowed: 0, restored: 0 },
    decisions: 4,
    pairs: 6,
  },
  datasets: [],
  columns: [],
  tags: [],
  policies: [],
  projects: [],
  access: list,
  grants: [],
  cut: {},
  warnings: [],
  ...over,
});

describe('text', () => {
  it('names the group, the people, the columns and the datasets', () => {
    expect(
      planText(report([access([change('gold.members'), change('gold.contacts')])])),
    ).toBe(`aaaaaaaaaaaa → bbbbbbbbbbbb in production
datasets +0 -0 ~0   columns +0 -0 ~0   tags +0 -0 ~0   policies +0 -0 ~1

Who gains or loses (1 personas, 2 identities of the last 30 days)
  GAIN of tagged columns: group marketing (persona intern, 2 seen: mia, max)
    gold.members, gold.contacts
      email [pii.email]: unmasked, hash → raw (mask-email)

✗ someone would gain access to tagged columns
`);
  });

  it('says in one line that nothing would change', () => {
    expect(planText(report([], { changed: false }))).toBe('The push would change nothing.\n');
  });

  it('is bounded, however much changes', () => {
    const many = Array.from({ length: 500 }, (_, n) =>
      access(
        Array.from({ length: 500 }, (_, m) => change(`gold.d${m}`, { column: `c${m}` })),
        { label: `group g${n}` },
      ),
    );
    expect(planText(report(many)).split('\n').length).toBeLessThan(5_000);
  });
});

describe('markdown', () => {
  it('begins with the mark by which a pipeline finds it again, and with the verdict', () => {
    const text = planMarkdown(report([access([change('gold.members')])]));
    expect(text.split('\n').slice(0, 2)).toEqual([
      MARK,
      '### Sluice plan: someone would gain access to tagged columns',
    ]);
    expect(text).toContain('- **`group marketing`** (personas `intern`, 2 seen) gains');
    expect(text).toContain('`gold.members`: `email` `unmasked, hash → raw (mask-email)` [`pii.email`]');
  });

  it('names nobody who was seen', () => {
    expect(planMarkdown(report([access([change('gold.members')])]))).not.toMatch(/mia|max/);
  });

  it('fits a comment, with every fold closed', () => {
    const many = Array.from({ length: 300 }, (_, n) =>
      access(
        Array.from({ length: 300 }, (_, m) =>
          change(`gold.dataset_with_a_long_name_${m}`, { column: `c${m}` }),
        ),
        { label: `group with a long name ${n}` },
      ),
    );
    const warnings = Array.from({ length: 1_000 }, (_, n) => `warning ${n} ${'x'.repeat(200)}`);
    const text = planMarkdown(report(many, { warnings }));
    expect(text.length).toBeLessThan(65_536);
    expect(text.split('<details>').length).toBe(text.split('</details>').length);
  });

  it.each([
    ['a mention', '@everyone'],
    ['an image', '![x](https://evil.example/pixel)'],
    ['a tag', '<img src=x onerror=alert(1)>'],
    ['the end of a fold', '</details>'],
    ['a backtick', 'a`</details>`b'],
    ['a line', 'a\n# head'],
  ])('%s in a name is text and nothing else', (_name, name) => {
    const text = planMarkdown(
      report(
        [
          access([change(name, { column: name, policies: [name], tags: [name] })], {
            label: name,
            personas: [name],
          }),
        ],
        {
          warnings: [name],
          environment: name,
        },
      ),
    );
    // Without what stands in code, nothing of it is left.
    const outside = text.replace(/`[^`\n]*`/g, '');
    expect(outside).not.toMatch(/@everyone|!\[|<img|# head/);
    expect(outside.split('<details>').length).toBe(outside.split('</details>').length);
  });
});
