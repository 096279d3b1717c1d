/** What is otherwise, gathered by whom and what it concerns, in bounded space. */
import type { Difference } from './compare.ts';
import type { AuditedQuery } from './queries.ts';
import type { ReplayChange, ReplayReport, ReplaySubject } from './report.ts';

/** Groups beyond this many are counted in no group. */
const MOST = 10_000;
/** Names of projects and purposes in one group. */
const MOST_NAMES = 20;

type Counting = { -readonly [Key in keyof ReplayChange]: ReplayChange[Key] } & {
  readonly projects: string[];
  readonly purposes: string[];
};

export function createGathering() {
  const groups = new Map<string, Counting>();
  let truncated = false;

  return {
    add(query: AuditedQuery, differences: readonly Difference[]): void {
      for (const difference of differences) {
        const subject = subjectOf(query);
        const { dataset, change, column, from, to } = difference;
        const key = JSON.stringify([subject, dataset, change, column, from, to]);
        const known = groups.get(key);
        if (known === undefined && groups.size >= MOST) {
          truncated = true;
          continue;
        }
        const group: Counting = known ?? {
          subject,
          ...difference,
          projects: [],
          purposes: [],
          queries: 0,
          first: query.time,
          last: query.time,
          example: query.requestId,
        };
        groups.set(key, group);
        group.queries += 1;
        if (query.time < group.first) group.first = query.time;
        if (query.time >= group.last) {
          group.last = query.time;
          group.example = query.requestId;
        }
        note(group.projects, query.project);
        note(group.purposes, query.purpose);
      }
    },
    /** The gravest first, then those of most queries. */
    changes(): readonly ReplayChange[] {
      return [...groups.values()].sort(
        (a, b) =>
          GRAVITY[b.direction] - GRAVITY[a.direction] ||
          b.queries - a.queries ||
          (order(a) < order(b) ? -1 : 1),
      );
    },
    truncated: () => truncated,
    verdict(): ReplayReport['verdict'] {
      const tagged = [...groups.values()].filter(({ tags }) => tags.length > 0);
      if (tagged.some(({ direction }) => direction === 'gain')) return 'gain';
      return tagged.some(({ direction }) => direction === 'may_gain') ? 'may_gain' : 'no_gain';
    },
  };
}

const GRAVITY = { gain: 3, may_gain: 2, loss: 1, notice: 0 } as const;

const order = ({ subject, dataset, column, change }: ReplayChange): string =>
  JSON.stringify([subject.sub, dataset, column, change]);

function subjectOf({ subject, onBehalfOf }: AuditedQuery): ReplaySubject {
  const { sub, kind, issuer } = subject;
  return { sub, kind, issuer, on_behalf_of: onBehalfOf };
}

function note(names: string[], name: string | null): void {
  if (name !== null && names.length < MOST_NAMES && !names.includes(name)) names.push(name);
}
