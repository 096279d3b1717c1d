/** Hours in conditions: windows of the week in a time zone, read into one canonical form and matched to a moment that is handed over. */
import { isRecord, kindOf, type Path, type Report, readRecord, suggest } from './problem.ts';

/** In the order of the canonical form. */
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Day = (typeof DAYS)[number];

const BETWEEN = /^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/;
const DAY_MINUTES = 24 * 60;

/** `{ between: "08:00-18:00", days: [mon, fri], zone: Europe/Berlin }` as `mon,fri 08:00-18:00 Europe/Berlin`; null where anything was wrong. */
export function readHours(value: unknown, path: Path, report: Report): string | null {
  const hours = readRecord(value, ['between', 'days', 'zone'], path, report);
  if (hours === null) return null;
  const between = readBetween(hours.between, [...path, 'between'], report);
  const days = hours.days === undefined ? DAYS : readDays(hours.days, [...path, 'days'], report);
  const zone = readZone(hours.zone, isRecord(value) && 'zone' in value ? [...path, 'zone'] : path, report);
  if (between === null || days === null || zone === null) return null;
  return `${days.join(',')} ${between} ${zone}`;
}

function readBetween(value: unknown, path: Path, report: Report): string | null {
  const parts = typeof value === 'string' ? BETWEEN.exec(value) : null;
  const [from, to] = parts === null ? [0, 0] : minutesOf(parts);
  if (parts !== null && from < DAY_MINUTES && to <= DAY_MINUTES && from !== to) return parts[0];
  report(
    path,
    `\`between\` takes two different times of a day, such as "08:00-18:00" (quoted), the end not included; found ${kindOf(value)}`,
  );
  return null;
}

function readDays(value: unknown, path: Path, report: Report): readonly Day[] | null {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const wrong = list.findIndex((day) => !(DAYS as readonly unknown[]).includes(day));
  if (wrong >= 0 || list.length === 0) {
    const day = list[wrong];
    report(
      Array.isArray(value) && wrong >= 0 ? [...path, wrong] : path,
      typeof day === 'string'
        ? `unknown day \`${day}\`${suggest(day, DAYS)}`
        : '`days` takes a list of mon, tue, …',
    );
    return null;
  }
  return DAYS.filter((day) => list.includes(day));
}

/** Stated, not assumed: eighteen o'clock is another moment in each. */
function readZone(value: unknown, path: Path, report: Report): string | null {
  if (typeof value === 'string' && isZone(value)) return value;
  report(
    path,
    `\`hours\` needs \`zone\`: a time zone by name, such as Europe/Berlin or UTC; found ${kindOf(value)}`,
  );
  return null;
}

/** By its name alone: an offset such as +01:00 forgets daylight saving time. */
function isZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function minutesOf(parts: readonly string[]): readonly [number, number] {
  const [, fromHour, fromMinute, toHour, toMinute] = parts.map(Number);
  return [(fromHour ?? 0) * 60 + (fromMinute ?? 0), (toHour ?? 0) * 60 + (toMinute ?? 0)];
}

/** Of these windows (in canonical form), those that hold at a moment: milliseconds since the epoch. */
export function hoursMatcher(windows: readonly string[]): (epochMs: number) => readonly string[] {
  const parsed = windows.map((window) => {
    const [days = '', between = '', zone = ''] = window.split(' ');
    const [from, to] = minutesOf(BETWEEN.exec(between) ?? []);
    return { window, days: new Set(days.split(',')), from, to, zone };
  });
  const clocks = new Map(parsed.map(({ zone }) => [zone, clockOf(zone)]));
  return (epochMs) => {
    const local = new Map([...clocks].map(([zone, clock]) => [zone, clock(epochMs)]));
    return parsed
      .filter(({ days, from, to, zone }) => {
        const now = local.get(zone);
        if (now === undefined) return false;
        const { day, before, minute } = now;
        if (from < to) return days.has(day) && minute >= from && minute < to;
        // Over midnight: the day is the one on which the window opens.
        return (days.has(day) && minute >= from) || (days.has(before) && minute < to);
      })
      .map(({ window }) => window);
  };
}

interface LocalTime {
  readonly day: Day;
  readonly before: Day;
  readonly minute: number;
}

function clockOf(zone: string): (epochMs: number) => LocalTime | undefined {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (epochMs) => {
    const parts = new Map(format.formatToParts(epochMs).map(({ type, value }) => [type, value]));
    const at = (DAYS as readonly string[]).indexOf(parts.get('weekday')?.toLowerCase() ?? '');
    const [day, before] = [DAYS[at], DAYS[(at + 6) % 7]];
    const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
    if (day === undefined || before === undefined || !Number.isInteger(minute)) return undefined;
    return { day, before, minute };
  };
}
