/** Writes the seeds: invented people and places, the same bytes on every run and machine. */
import { mkdirSync, writeFileSync } from 'node:fs';

const FIRST =
  'Ada Bruno Carla Dario Elin Farid Greta Hugo Ines Jonas Kaja Lio Mara Nils Olga Pavel Quinn Rosa Sami Tilda Umar Vera Wim Xenia Yara Zeno'.split(
    ' ',
  );
const LAST =
  "Windmere Sunfield Ohmwell Voltaire-Brook O'Watt Turbinas Heliodor Kilowicz Stromberg-Vale Ampère Dynamo Grünfeld Solano Gridley Faradine".split(
    ' ',
  );
const STREET = 'Turbine Lane,Solar Row,Battery Way,Copper Walk,Meter Mews,Inverter Close'.split(',');
const CITY = { north: 'Northmoor', south: 'Southfen', east: 'Easthollow', west: 'Westerby' } as const;
const REGIONS = ['north', 'south', 'east', 'west'] as const;
/** Number ranges that the German regulator keeps free for films. */
const PHONE = ['+49 30 23125', '+49 40 66969', '+49 89 99998', '+49 221 4710'];
const NOTE = ['calls after six only', 'owns a heat pump', 'asked for paper invoices', 'board candidate', ''];

const MEMBERS = 300;
const PRODUCERS = 60;

/** A linear congruential step by step number stream; stable because it is all integers below 2^53. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 48271) % 2147483647;
    yield state;
  }
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');
const day = (from: string, days: number): string =>
  new Date(Date.parse(`${from}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
const ascii = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[^a-zA-Z]/g, '')
    .toLowerCase();

type Cell = string | number | boolean;
const cell = (value: Cell): string => {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const csv = (header: string, rows: readonly (readonly Cell[])[]): string =>
  `${[header, ...rows.map((row) => row.map(cell).join(','))].join('\n')}\n`;

function members(): Cell[][] {
  const stream = numbers(20250101);
  const next = (below: number): number => stream.next().value % below;
  return Array.from({ length: MEMBERS }, (_, index) => {
    const number = index + 1;
    const first = FIRST[next(FIRST.length)]!;
    const last = LAST[next(LAST.length)]!;
    const region = REGIONS[next(REGIONS.length)]!;
    // Two in five belong to alpha, two to beta, one to gamma.
    const community = (['alpha', 'beta', 'alpha', 'beta', 'gamma'] as const)[index % 5]!;
    return [
      `M${pad(number, 4)}`,
      first,
      last,
      `${ascii(first)}.${ascii(last)}.${number}@example.org`,
      number % 13 === 0 ? '' : `${PHONE[next(PHONE.length)]} ${pad(next(1000), 3)}`,
      // Check digits 00 do not exist, so that no such account can.
      `DE00${pad(next(100_000_000), 8)}${pad(number, 10)}`,
      day('1948-01-01', next(20_000)),
      `${1 + next(120)} ${STREET[next(STREET.length)]}`,
      pad(10_000 + next(80_000), 5),
      CITY[region],
      region,
      community,
      `T${1 + next(4)}`,
      day('2018-01-01', next(2_500)),
      `${day('2025-01-01', next(240))} ${pad(next(24), 2)}:${pad(next(60), 2)}:00`,
      next(101),
      NOTE[next(NOTE.length)]!,
    ];
  });
}

function meters(): Cell[][] {
  const stream = numbers(20250202);
  const next = (below: number): number => stream.next().value % below;
  return Array.from({ length: MEMBERS + PRODUCERS }, (_, index) => {
    const number = index + 1;
    const produces = number > MEMBERS;
    const member = produces ? (((number - MEMBERS) * 7) % MEMBERS) + 1 : number;
    return [
      `MT-${pad(number, 5)}`,
      `M${pad(member, 4)}`,
      produces ? 'production' : 'consumption',
      day('2019-06-01', next(1_900)),
      produces ? `${3 + next(9)}.${pad(next(100), 2)}` : '0.00',
      next(10) > 0,
    ];
  });
}

/** Texts of the seed files by name. */
export const seeds = (): Readonly<Record<string, string>> => ({
  raw_members: csv(
    'member_id,first_name,last_name,email,phone,iban,birth_date,street,postal_code,city,region,community,tariff_id,joined_on,updated_at,loyalty_score,internal_note',
    members(),
  ),
  raw_meters: csv('meter_id,member_id,kind,installed_on,capacity_kw,smart', meters()),
  raw_tariffs: csv('tariff_id,name,energy_ct_kwh,network_ct_kwh,base_eur_month,green,valid_from', [
    ['T1', 'Community Basic', '21.40', '9.80', '6.90', false, '2024-01-01'],
    ['T2', 'Community Green', '23.10', '9.80', '6.90', true, '2024-01-01'],
    ['T3', 'Night Saver', '18.75', '9.80', '8.40', true, '2024-07-01'],
    ['T4', 'Sun Share', '16.20', '7.10', '9.90', true, '2025-01-01'],
  ]),
  communities: csv('community,name,home_region,founded_on', [
    ['alpha', 'Alpha Energy Commons', 'north', '2018-03-01'],
    ['beta', 'Beta Power Circle', 'south', '2019-09-15'],
    ['gamma', 'Gamma Grid Friends', 'east', '2022-05-20'],
  ]),
});

if (import.meta.main) {
  const folder = new URL('./seeds/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(seeds())) writeFileSync(new URL(`${name}.csv`, folder), text);
}
