/**
 * Networks and hours belong to a request and to no identity: a plan looks at every combination of those that conditions name,
 * so that what changes only at night, or only from one network, is seen at any time.
 */
import ipaddr from 'ipaddr.js';
import type { Literal, PolicySet } from '../policies/policy.ts';

export interface Variant {
  readonly networks: readonly string[];
  readonly hours: readonly string[];
}

const NOWHERE: Variant = { networks: [], hours: [] };
const MINUTE = 60_000;
const WEEK = 7 * 24 * 60;
const QUARTER = 15;
/** Mondays, one of winter and one of summer: daylight saving moves some windows against others. */
const MONDAYS = [Date.UTC(2026, 0, 5), Date.UTC(2026, 6, 6)];
/** Combinations looked at. */
const MOST = 128;

export interface Circumstances {
  /** The first has neither network nor window. */
  readonly variants: readonly Variant[];
  /** False where there were more than are looked at. */
  readonly whole: boolean;
}

type Sides = readonly Pick<PolicySet, 'networksOf' | 'hoursAt'>[];

/** @param facts of all conditions that matter @param sides the policies before and after */
export function circumstancesOf(facts: readonly Literal[], sides: Sides): Circumstances {
  const networks = facts.flatMap((one) => (one.fact === 'network' ? [one.value] : []));
  const windows = facts.flatMap((one) => (one.fact === 'hours' ? [one.value] : []));
  const places = distinct(
    addressesAround(networks).map((address) => both(sides, (s) => s.networksOf(address))),
  );
  const times = distinct(momentsAround(windows).map((moment) => both(sides, (s) => s.hoursAt(moment))));
  const all = places.flatMap((place) => times.map((hours) => ({ networks: place, hours })));
  const others = all.filter((one) => one.networks.length > 0 || one.hours.length > 0);
  return { variants: [NOWHERE, ...others.slice(0, MOST - 1)], whole: others.length < MOST };
}

const both = (sides: Sides, ask: (side: Sides[number]) => readonly string[] | null): readonly string[] =>
  [...new Set(sides.flatMap((side) => ask(side) ?? []))].sort();

/** Always with the empty one, and that first. */
function distinct(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map([[], ...lists].map((list) => [list.join('\n'), list])).values()];
}

/**
 * One moment at least of every part that the windows cut out of a week. Their ends are on whole minutes, and zones lie
 * quarters of an hour apart.
 */
function momentsAround(windows: readonly string[]): readonly number[] {
  if (windows.length === 0) return [];
  const ends = windows.flatMap((window) =>
    [...window.matchAll(/\d:(\d\d)/g)].map(([, minute]) => Number(minute)),
  );
  const steps = new Set([0, ...ends.map((minute) => minute % QUARTER)]);
  return Array.from({ length: WEEK }, (_, minute) => minute)
    .filter((minute) => steps.has(minute % QUARTER))
    .flatMap((minute) => MONDAYS.map((monday) => monday + minute * MINUTE));
}

/** Both ends of each network and what lies beside them: one address at least of every part that the networks cut out. */
function addressesAround(networks: readonly string[]): readonly string[] {
  return [...new Set(networks)].flatMap((network) => {
    const [address, bits] = ipaddr.parseCIDR(network);
    const bytes = address.toByteArray();
    const width = BigInt(bytes.length * 8);
    const first = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const last = first | ((1n << (width - BigInt(bits))) - 1n);
    return [first - 1n, first, last, last + 1n]
      .filter((number) => number >= 0n && number < 1n << width)
      .map((number) => addressOf(number, bytes.length));
  });
}

function addressOf(number: bigint, length: number): string {
  const bytes = Array.from({ length }, (_, i) => Number((number >> BigInt(8 * (length - 1 - i))) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
}

/** `from 10.0.0.0/8`, `at mon-fri 08:00-18:00`, for people. */
export function describeVariant({ networks, hours }: Variant): string {
  const parts = [
    ...(networks.length === 0 ? [] : [`from ${networks.join(' and ')}`]),
    ...(hours.length === 0 ? [] : [`at ${hours.join(' and ')}`]),
  ];
  return parts.length === 0
    ? 'outside of every network and every window that policies name'
    : parts.join(', ');
}
