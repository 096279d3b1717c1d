/** The workflow that users copy: it parses, it calls what there is, and a new commit is never covered by an old label. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { MARK } from '../../src/plan/markdown.ts';

interface Workflow {
  readonly on: { readonly pull_request: { readonly types: readonly string[] } };
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly if: string;
        readonly steps: readonly {
          readonly name?: string;
          readonly run?: string;
          readonly env?: Record<string, string>;
          readonly with?: Record<string, unknown>;
        }[];
      }
    >
  >;
}

const text = readFileSync(join(import.meta.dirname, '../../examples/github-actions/sluice-plan.yml'), 'utf8');
const workflow = parse(text) as Workflow;
const step = (name: string) => workflow.jobs.plan?.steps.find((one) => one.name === name);

it('comments under the mark that the command writes', () => {
  expect(step('Comment')?.with?.script).toContain(`const MARK = '${MARK}'`);
  expect(step('Plan')?.run).toMatch(/npx sluice plan --server .* --format markdown/);
});

it('may write comments and nothing else', () => {
  expect(workflow.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
});

it('gives no secret to a fork', () => {
  for (const job of Object.values(workflow.jobs))
    expect(job.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
});

it('does not let a label cover the commits after it', () => {
  expect(step('Ask for a review')?.env?.REVIEWED).toContain("github.event.action != 'synchronize'");
});

it('hands nothing of the pull request to a shell but through the environment', () => {
  const runs = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  for (const run of runs) expect(run).not.toContain('${{');
});
