/**
 * What members of a clean room could learn more or less of by its rules. Nobody is asked for inside of a project: this holds
 * whoever is let in, and says it of all who meet the condition of its members.
 */
import { readableIn, roomLimits } from '../catalogue/clean-room.ts';
import type { Dataset, Project } from '../catalogue/dataset.ts';
import { evaluateDnf } from '../policies/conditions.ts';
import { compareRooms, roomWords } from './compare-rooms.ts';
import type { DatasetPair } from './pairs.ts';
import { inWords } from './project-changes.ts';
import type { Access, AccessChange, Direction, Who } from './report.ts';
import type { Subject } from './subjects.ts';
import type { TagIndex } from './tag-index.ts';

export interface RoomsAsk {
  readonly before: readonly Project[];
  readonly after: readonly Project[];
  readonly pairs: readonly DatasetPair[];
  readonly tags: TagIndex;
  readonly known: readonly Subject[];
  readonly environment: string;
  /** Whether people who were seen may be named. */
  readonly names: boolean;
}

const MOST_EXAMPLES = 5;
const GRAVITY: readonly Direction[] = ['gain', 'may_gain', 'loss', 'notice'];

/** Of projects that are clean rooms on either side, and there on both. */
export function roomChanges(ask: RoomsAsk): readonly Access[] {
  return ask.after.flatMap((is): readonly Access[] => {
    const was = ask.before.find(({ name }) => name === is.name);
    if (was === undefined || (was.cleanRoom === null && is.cleanRoom === null)) return [];
    const changes = ask.pairs
      .flatMap((pair) => changesOf(was, is, pair, ask))
      .sort((a, b) => GRAVITY.indexOf(a.direction) - GRAVITY.indexOf(b.direction));
    const [gravest] = changes;
    if (gravest === undefined) return [];
    const tagged = changes.some(({ direction, tags }) => tags.length > 0 && GRAVITY.indexOf(direction) < 2);
    return [{ who: membersOf(is, ask), direction: gravest.direction, tagged, changes }];
  });
}

function changesOf(
  was: Project,
  is: Project,
  { before, after }: DatasetPair,
  ask: RoomsAsk,
): readonly AccessChange[] {
  const [then, now] = [rulesIn(was, before), rulesIn(is, after)];
  const dataset = after?.id ?? before?.id ?? '';
  const told = { dataset, column: null, policies: [], when: `in project ${is.name}` };
  // Whatever the sums are of: what they are cut by is the least of it.
  const tags = [...new Set([before, after].flatMap((one) => (one === null ? [] : tagsIn(one, ask))))].sort();
  if (then === null || now === null) {
    if (then === now) return [];
    const words = (rules: Rules | null): string =>
      rules === null ? 'not in it' : rules.length === 0 ? 'rows' : 'aggregates alone';
    const [change, direction] =
      then === null ? (['dataset_gained', 'gain'] as const) : (['dataset_lost', 'loss'] as const);
    return [{ ...told, change, direction, tags, from: words(then), to: words(now) }];
  }
  return compareRooms(then, now).map(({ compared, from, to }) => ({
    ...told,
    ...roomWords(compared),
    tags,
    from,
    to,
  }));
}

type Rules = Parameters<typeof compareRooms>[0];

/** None where its rows are read; null where it is not to be read in that project. */
function rulesIn(project: Project, dataset: Dataset | null): Rules | null {
  if (dataset === null || !readableIn(project).includes(dataset.id)) return null;
  const rules = roomLimits(project, dataset.id);
  return rules === null ? [] : [rules];
}

function tagsIn(dataset: Dataset, { tags }: RoomsAsk): readonly string[] {
  return dataset.columns.flatMap(({ folded }) => tags(dataset, folded));
}

function membersOf({ name, members }: Project, { known, environment, names }: RoomsAsk): Who {
  const circumstances = { project: null, purpose: null, environment };
  const own = known.filter(
    ({ identity }) => identity.kind !== 'anonymous' && evaluateDnf(members, identity, circumstances),
  );
  const of = (origin: Subject['origin']): readonly string[] =>
    own.filter((one) => one.origin === origin).map((one) => one.name);
  const seen = of('seen');
  return {
    label: `members of ${name}: ${inWords(members)}`,
    personas: of('persona'),
    seen: seen.length,
    examples: names ? seen.slice(0, MOST_EXAMPLES) : [],
    imagined: own.length === 0,
  };
}
