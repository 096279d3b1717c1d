/** Columns of made-up values with the tag that each should get, or none: seeded, so that figures can be compared. */
import { allFakers, base, en, faker as english, Faker } from '@faker-js/faker';

export interface Labelled {
  readonly column: string;
  /** As the values are, whatever the name says. */
  readonly tag: string | null;
  readonly values: readonly unknown[];
}

/** Written by hand, and in no library's list as they stand. */
const PEOPLE =
  'Aoife Brennan|Siobhán O’Reilly|Matteo Ferrari|Giulia Conti|Lars Eriksson|Ingrid Solberg|Søren Mikkelsen|Katarzyna Wójcik|Piotr Zieliński|Jan de Vries|Sanne Bakker|Lukas Schneider|Annika Hoffmann|Jürgen Krause|Céline Dubois|Baptiste Moreau|Lucía Fernández|Javier Morales|Beatriz Carvalho|Tiago Oliveira|Elena Popescu|Andrei Ionescu|Eva Novotná|Petr Svoboda|Mehmet Yılmaz|Ayşe Demir|Nikos Papadopoulos|Maria Georgiou|Mikko Virtanen|Aino Korhonen|Dmitri Volkov|Olga Petrova|Priya Sharma|Rahul Verma|Wei Chen|Mei Lin|Hiroshi Tanaka|Yuki Sato|Fatima Hassan|Omar Khalil|Chinedu Okafor|Thabo Nkosi|Emily Carter|James Thornton|Sarah Mitchell|Michael O’Connor|Jessica Ramirez|David Kim|Rachel Goldberg|Thomas Bauer|Sabine Keller|Claire Lefebvre|Antoine Girard|Carlos Mendoza|Ana Torres|Isabel Castro|Marek Kowalczyk|Zofia Mazur|Erik Lindqvist|Astrid Bergström'.split(
    '|',
  );

const NEUTRAL = new Faker({ locale: [en, base] });

/** @param rows values of each column; a tenth is missing, and some positives have a few values of another kind */
export function labelled(seed: number, rows: number): readonly Labelled[] {
  NEUTRAL.seed(seed);
  english.seed(seed);
  for (const faker of Object.values(allFakers)) faker.seed(seed);
  let counter = 0;
  const column = (name: string, tag: string | null, make: (row: number) => unknown): Labelled => {
    counter += 1;
    const values = Array.from({ length: rows }, (_, row) => (NEUTRAL.number.int(9) === 0 ? null : make(row)));
    return { column: `${name}_${counter}`, tag, values };
  };
  const { de, fr, es, it, nl, pl, sv, en_US: us, en_GB: gb, pt_BR: br, tr, fi } = allFakers;
  const luhn = (prefix: string) => english.helpers.replaceCreditCardSymbols(prefix);
  const digits = (count: number) => NEUTRAL.string.numeric({ length: count, allowLeadingZeros: true });
  const positives = [
    ...[de, fr, es, us, pl].map((f) => column('a', 'pii.email', () => f.internet.email())),
    column('a', 'pii.email', () => (NEUTRAL.number.int(9) < 3 ? us.internet.email() : 'n/a')),
    ...[de, fr, nl].map((f) => column('b', 'pii.iban', () => f.finance.iban())),
    column('b', 'pii.iban', () => de.finance.iban({ formatted: true })),
    column('c', 'pii.payment_card', () => luhn('4###############L'.replace(/#{15}/, '##############'))),
    column('c', 'pii.payment_card', () => luhn('5[1-5]##-####-####-###L')),
    column('d', 'pii.ip', () => english.internet.ipv4()),
    column('d', 'pii.ip', () => english.internet.ipv6()),
    ...[us, de, fr, gb, it].map((f) =>
      column('e', 'pii.phone', () => f.phone.number({ style: 'international' })),
    ),
    ...[de, fr, gb].map((f) => column('e', 'pii.phone', () => f.phone.number({ style: 'national' }))),
    ...[de, fr, es, it, pl, sv, us, br, nl, fi].map((f) =>
      column('f', 'pii.name', () => f.person.fullName()),
    ),
    ...[de, fr, us, tr].map((f) => column('f', 'pii.name', () => f.person.firstName())),
    ...[de, es, us, pl].map((f) => column('f', 'pii.name', () => f.person.lastName())),
    column('f', 'pii.name', (row) => PEOPLE[row % PEOPLE.length]),
    column('g', 'pii.national_id', () => pesel(NEUTRAL)),
    column('g', 'pii.national_id', () => dni(NEUTRAL)),
    column('g', 'pii.national_id', () => bsn(NEUTRAL)),
    column(
      'g',
      'pii.national_id',
      () =>
        `${digits(3).replace(/^(000|666|9\d\d)/, '123')}-${digits(2).replace('00', '12')}-${digits(4).replace('0000', '1234')}`,
    ),
    column('h', 'pii.location', () => `${english.location.latitude()}, ${english.location.longitude()}`),
    column('i', 'pii.address', () => us.location.streetAddress()),
    column('i', 'pii.address', () => de.location.streetAddress()),
    column('i', 'pii.address', () => fr.location.streetAddress()),
    column(
      'j',
      'pii.free_text',
      (row) =>
        `${english.lorem.sentence()} Contact ${row % 5 === 0 ? us.internet.email() : 'the desk'} for more.`,
    ),
  ];
  const negatives = [
    column('n', null, (row) => row + 1),
    column('n', null, (row) => 1_000_000_000 + row),
    column('n', null, () => NEUTRAL.number.int({ min: 100_000_000, max: 999_999_999 })),
    column('n', null, () => NEUTRAL.number.int({ min: 10_000_000_000, max: 99_999_999_999 })),
    column('n', null, () => NEUTRAL.string.numeric(16)),
    column('n', null, () => NEUTRAL.string.uuid()),
    column('n', null, () => NEUTRAL.string.hexadecimal({ length: 32 })),
    column('n', null, () => english.commerce.productName()),
    column('n', null, () => english.commerce.product()),
    column('n', null, () => english.commerce.department()),
    column('n', null, () => english.company.name()),
    column('n', null, () => us.location.city()),
    column('n', null, () => de.location.city()),
    column('n', null, () => us.location.state()),
    column('n', null, () => english.location.country()),
    column('n', null, () => english.finance.currencyCode()),
    column('n', null, () => english.finance.amount()),
    column('n', null, () => english.finance.transactionType()),
    column('n', null, () => english.date.past().toISOString()),
    column('n', null, () => english.date.past().toISOString().slice(0, 10)),
    column('n', null, () => `${NEUTRAL.number.int(28) + 1}.${NEUTRAL.number.int(11) + 1}.2024`),
    column('n', null, () => english.system.semver()),
    column('n', null, () => english.system.fileName()),
    column('n', null, () => english.internet.url()),
    column('n', null, () => english.internet.domainName()),
    column('n', null, () => english.lorem.sentence()),
    column('n', null, () => english.lorem.word()),
    column('n', null, () => english.color.human()),
    column('n', null, () => english.person.jobTitle()),
    column('n', null, () => NEUTRAL.helpers.arrayElement(['active', 'pending', 'closed'])),
    column('n', null, () => NEUTRAL.helpers.arrayElement(['Mark', 'Will', 'Grace'])),
    column('n', null, () => english.date.month()),
    column('n', null, () => english.date.weekday()),
    column('n', null, () => english.music.genre()),
    column('n', null, () => english.animal.dog()),
    column('n', null, () => english.vehicle.vehicle()),
    column('n', null, () => english.vehicle.manufacturer()),
    column('n', null, () => english.airline.airport().name),
    column('n', null, () => NEUTRAL.string.alphanumeric(10)),
    column('n', null, () => `ORD-${digits(8)}`),
    column('n', null, () => `${digits(4)}-${digits(4)}`),
    column('n', null, () => english.commerce.isbn()),
    column('n', null, () => NEUTRAL.number.float({ min: 0, max: 1 })),
    column('n', null, () => `${NEUTRAL.number.int(23)}:${NEUTRAL.number.int(59)}`),
    column('n', null, () => english.internet.mac()),
    column('n', null, () => english.science.chemicalElement().name),
    column('n', null, () => english.food.dish()),
    column('n', null, () => english.book.title()),
  ];
  return [...positives, ...negatives];
}

/** Eleven digits: a day of birth, a number, a check digit. */
function pesel(faker: Faker): string {
  const born = faker.date.birthdate();
  const two = (value: number) => String(value).padStart(2, '0');
  const year = born.getUTCFullYear();
  const month = born.getUTCMonth() + 1 + (year >= 2000 ? 20 : 0);
  const head = `${two(year % 100)}${two(month)}${two(born.getUTCDate())}${faker.string.numeric(4)}`;
  const sum = [...head].reduce((total, digit, at) => total + Number(digit) * ([1, 3, 7, 9][at % 4] ?? 0), 0);
  return `${head}${(10 - (sum % 10)) % 10}`;
}

function dni(faker: Faker): string {
  const number = faker.string.numeric(8);
  return `${number}${'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number) % 23]}`;
}

/** Nine digits whose weighted sum is a multiple of eleven. */
function bsn(faker: Faker): string {
  for (;;) {
    const head = faker.string.numeric({ length: 8, allowLeadingZeros: false });
    const sum = [...head].reduce((total, digit, at) => total + Number(digit) * (9 - at), 0);
    const last = sum % 11;
    if (last < 10) return `${head}${last}`;
  }
}
