/** What values can look like: one row a kind of personal data, each with the share of a column's values from which it is told. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import validator from 'validator';
import type { PersonDictionary } from './person-dictionary.ts';

type Test = (text: string) => boolean;

export interface Detector {
  readonly tag: string;
  /** `e-mail addresses`. */
  readonly what: string;
  /** Percent of the values from which on it is told. */
  readonly least: number;
  /** Different values from which on it is told: a column of two words is a flag. */
  readonly distinct: number;
  /** The share is that of the best of these: a column holds numbers of one country, not of any. */
  readonly variants: readonly Test[];
}

/** In the order in which they are told. */
export function detectors(people: PersonDictionary): readonly Detector[] {
  const one = (tag: string, what: string, least: number, variants: readonly Test[], distinct = 1) => ({
    tag,
    what,
    least,
    variants,
    distinct,
  });
  return [
    one('pii.email', 'e-mail addresses', 5, [isEmail]),
    one('pii.iban', 'IBANs', 20, [isIban]),
    one('pii.payment_card', 'payment cards', 60, [isCard], 3),
    one('pii.national_id', 'national identity numbers', 80, nationalIds(), 3),
    one('pii.ip', 'IP addresses', 50, [(text) => validator.isIP(text)], 2),
    one('pii.phone', 'phone numbers', 60, phones(), 3),
    one('pii.location', 'coordinates', 80, [isCoordinates], 3),
    one('pii.address', 'postal addresses', 50, [isAddress], 3),
    one('pii.name', 'names of people', 60, names(people), 5),
    one('pii.free_text', 'texts with e-mail addresses or phone numbers in them', 2, [holdsContact], 3),
  ];
}

const isEmail: Test = (text) =>
  text.includes('@') && validator.isEmail(text, { allow_utf8_local_part: true });

const isIban: Test = (text) => validator.isIBAN(text);

/** Brand, length and Luhn's digit. */
const isCard: Test = (text) =>
  /^\d{4}[ -]?\d{4}[ -]?\d{4,5}[ -]?\d{1,7}$/.test(text) && validator.isCreditCard(text.replace(/[ -]/g, ''));

const LAT_LONG = /^[([]?\s*-?\d{1,2}\.\d{3,}\s*,\s*-?\d{1,3}\.\d{3,}\s*[)\]]?$/;
const POINT = /^(?:SRID=\d+;)?POINT\s*\(\s*-?\d{1,3}(?:\.\d+)?\s+-?\d{1,2}(?:\.\d+)?\s*\)$/i;

const isCoordinates: Test = (text) =>
  POINT.test(text) || (LAT_LONG.test(text) && validator.isLatLong(text.replace(/[()[\]\s]/g, '')));

/** Numbers with check digits; formats without are told by their punctuation alone. */
const TAX_LOCALES = [
  'bg-BG',
  'de-AT',
  'de-DE',
  'dk-DK',
  'es-ES',
  'et-EE',
  'fi-FI',
  'fr-BE',
  'fr-FR',
  'fr-LU',
  'hr-HR',
  'hu-HU',
  'it-IT',
  'lv-LV',
  'nl-NL',
  'pl-PL',
  'pt-PT',
  'ro-RO',
  'sv-SE',
  'en-CA',
];
const CARD_LOCALES = ['ES', 'FI', 'IN', 'IR', 'IT', 'NO', 'PL', 'TH', 'he-IL', 'zh-CN', 'zh-TW'];

function nationalIds(): readonly Test[] {
  const compact = (text: string) => text.replace(/[ .]/g, '');
  return [
    /** Of the United States: no check digit, so the dashes must be there. */
    (text) => /^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/.test(text),
    /** Of the United Kingdom. */
    (text) => /^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]$/i.test(compact(text)),
    /** Of Switzerland. */
    (text) => /^756\d{10}$/.test(compact(text)) && validator.isEAN(compact(text)),
    /** Of Brazil: the library also takes companies. */
    (text) => /^\d{3}\.?\d{3}\.?\d{3}-?\d{2}$/.test(text) && taxId(text, 'pt-BR'),
    ...TAX_LOCALES.map((locale) => (text: string) => longEnough(text) && taxId(compact(text), locale)),
    ...CARD_LOCALES.map(
      (locale) => (text: string) =>
        longEnough(text) && validator.isIdentityCard(compact(text), locale as validator.IdentityCardLocale),
    ),
  ];
}

/** Keys of tables are numbers too; below nine signs a check digit says little. */
const longEnough = (text: string): boolean => text.length >= 9 && text.length <= 20 && /\d{5}/.test(text);

/** The library throws where a format of its own goes past its checks. */
function taxId(text: string, locale: string): boolean {
  try {
    return validator.isTaxID(text, locale);
  } catch {
    return false;
  }
}

/** Whose national formats are tried; those with a country's prefix need none. */
const COUNTRIES = [
  'US',
  'GB',
  'DE',
  'FR',
  'ES',
  'IT',
  'NL',
  'BE',
  'AT',
  'CH',
  'PL',
  'PT',
  'SE',
  'NO',
  'DK',
  'FI',
  'CZ',
  'IE',
  'TR',
  'BR',
  'MX',
  'IN',
  'AU',
  'JP',
  'ZA',
] as const;

const PHONE = /^\+?[\d\s().\-/]{6,24}(?:\s?(?:ext|x)\.?\s?\d{1,6})?$/i;
/** Days, decimals and plain keys are made of the same signs. */
const NO_PHONE =
  /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|^-?\d*\.\d+$|^[1-9]\d*$|^\d{1,3}(?:\.\d{1,3}){3}$/;

/** Without a country's prefix: a trunk prefix, an area in brackets, or as many digits as no local number has. */
const NATIONAL = /^0|^\(|^(?:\D*\d){9}/;

function phones(): readonly Test[] {
  const candidate = (text: string): boolean => PHONE.test(text) && !NO_PHONE.test(text);
  /** With its prefix the right length is enough: numbering plans grow faster than tables of them. */
  const international: Test = (text) => {
    const number = text.replace(/^00/, '+');
    return (
      number.startsWith('+') && candidate(number) && parsePhoneNumberFromString(number)?.isPossible() === true
    );
  };
  const national = COUNTRIES.map(
    (country): Test =>
      (text) =>
        candidate(text) &&
        NATIONAL.test(text) &&
        parsePhoneNumberFromString(text, country)?.isValid() === true,
  );
  return [international, ...national];
}

const STREETS =
  'street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|boulevard|blvd|highway|hwy|square|terrace|way|strasse|straße|str|weg|gasse|allee|platz|ring|rue|chemin|impasse|place|quai|calle|avenida|paseo|plaza|carrer|camino|via|viale|piazza|corso|rua|travessa|praca|praça|straat|laan|plein|gracht|ulica|ul|aleja|gata|gatan|vägen|vej|gade|gate|veien|katu|tie|sokak|caddesi|cadde';
const NUMBER_FIRST = new RegExp(`^\\d+[a-z]?[\\s,]+(?:[\\p{L}.'-]+\\s+){0,4}?(?:${STREETS})\\b\\.?`, 'iu');
const STREET_FIRST = new RegExp(
  `^(?:(?:${STREETS})\\b\\.?\\s+[\\p{L}.' -]+|[\\p{L}.' -]*(?:${STREETS})\\.?)[\\s,]+(?:n[°º.]\\s*)?\\d+`,
  'iu',
);

const isAddress: Test = (text) => text.length <= 200 && (NUMBER_FIRST.test(text) || STREET_FIRST.test(text));

const TITLES = /^(?:mr|mrs|ms|miss|dr|prof|herr|frau|m|mme|mlle|sr|sra|sig|dott)\.?\s+/i;

/** Between names, and after them. */
const PARTICLES: ReadonlySet<string> = new Set(
  'van,von,der,den,ter,ten,de,del,della,di,da,dos,das,do,du,la,le,el,al,bin,ben,ibn,zu,af,av,y,e,jr,sr,ii,iii,phd,md,dds'.split(
    ',',
  ),
);

function names(people: PersonDictionary): readonly Test[] {
  const wordsIn = (text: string): readonly string[] =>
    text.length > 80 || /[\d@/:_{}<>]/.test(text)
      ? []
      : text
          .replace(TITLES, '')
          .split(/[\s,.]+/u)
          .filter((word) => word.length > 1 && !PARTICLES.has(word.toLowerCase()));
  const isKnown = (word: string): boolean => people.isGiven(word) || people.isFamily(word);
  const full: Test = (text) => {
    const words = wordsIn(text);
    if (words.length < 2 || words.length > 5) return false;
    // A family name that no list has, behind a given one.
    if (words.length <= 3 && people.isGiven(words[0] ?? '') && words.every((word) => /^\p{Lu}/u.test(word)))
      return true;
    return words.some(people.isGiven) && words.filter(isKnown).length >= Math.ceil(words.length * 0.6);
  };
  /** Some have two of a kind. */
  const single =
    (known: (word: string) => boolean): Test =>
    (text) => {
      const words = wordsIn(text);
      return words.length > 0 && words.length <= 2 && words.every(known);
    };
  return [full, single(people.isGiven), single(people.isFamily)];
}

const CONTACT = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+|\+\d{2}[\d\s().-]{7,}\d/u;

const holdsContact: Test = (text) => /\s\S+\s/.test(text) && CONTACT.test(text);
