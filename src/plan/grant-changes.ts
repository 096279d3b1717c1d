/** Which grants that people hold would hold no more by the push, or hold again: each is bound to what was approved. */
import type { Catalogue, Dataset } from '../catalogue/dataset.ts';
import { type HeldGrant, type State, standing, voidIn } from '../requests/grant.ts';
import type { GrantChange } from './report.ts';
import type { TagIndex } from './tag-index.ts';

/** A state as far as grants hang on it. */
export type GrantState = Pick<State, 'policies'> & { readonly catalogue: Catalogue };

export interface GrantsAsk {
  /** Null where nothing was pushed yet. */
  readonly before: GrantState | null;
  readonly after: GrantState;
  /** Neither over nor revoked. */
  readonly grants: readonly HeldGrant[];
  readonly tags: TagIndex;
  /** Whether people may be named. */
  readonly names: boolean;
}

/** What comes back first, then what goes. */
export function grantChanges(ask: GrantsAsk): readonly GrantChange[] {
  return ask.grants
    .flatMap((grant) => changeOf(grant, ask) ?? [])
    .sort((a, b) => ORDER.indexOf(a.change) - ORDER.indexOf(b.change) || (a.request < b.request ? -1 : 1));
}

const ORDER: readonly GrantChange['change'][] = ['restored', 'void', 'narrowed'];

function changeOf(grant: HeldGrant, ask: GrantsAsk): GrantChange | null {
  const { before, after } = ask;
  const was = before === null ? [] : standing([grant], before);
  const is = standing([grant], after);
  const lifted = (held: typeof was): ReadonlySet<string> => new Set(held.flatMap(({ policies }) => policies));
  if (was.length === 0 && is.length === 0) return null;
  if (is.length === 0)
    return told(grant, { change: 'void', why: voidIn(grant, after), policies: grant.policies }, ask);
  if (was.length === 0) return told(grant, { change: 'restored', why: null, policies: grant.policies }, ask);
  const come = [...lifted(is).difference(lifted(was))];
  if (come.length > 0) return told(grant, { change: 'restored', why: null, policies: come }, ask);
  const gone = [...lifted(was).difference(lifted(is))];
  return gone.length === 0
    ? null
    : told(grant, { change: 'narrowed', why: 'policy_changed', policies: gone }, ask);
}

function told(
  grant: HeldGrant,
  change: Pick<GrantChange, 'change' | 'why' | 'policies'>,
  ask: GrantsAsk,
): GrantChange {
  const { id, request, subject, kind, dataset, project, columns, until } = grant;
  return {
    grant: id,
    request,
    subject: ask.names ? subject : null,
    kind,
    dataset,
    project,
    columns,
    until: new Date(until * 1000).toISOString(),
    tags: tagsOf(grant, ask),
    ...change,
  };
}

/** Of what it opens. */
function tagsOf(
  { dataset, project, columns }: HeldGrant,
  { before, after, tags }: GrantsAsk,
): readonly string[] {
  const found = [before, after].flatMap((state) => {
    if (state === null) return [];
    const { catalogue } = state;
    const own = catalogue.projects.find(({ name }) => name === project)?.datasets ?? [];
    const ids = dataset === null ? own : [dataset];
    return ids.flatMap((id) => {
      const one = catalogue.byId(id);
      return one === undefined ? [] : tagsIn(one, columns, tags);
    });
  });
  return [...new Set(found)].sort();
}

function tagsIn(dataset: Dataset, columns: readonly string[], tags: TagIndex): readonly string[] {
  const shown = columns.length === 0 ? dataset.columns.map(({ folded }) => folded) : columns;
  return shown.flatMap((folded) => tags(dataset, folded));
}
