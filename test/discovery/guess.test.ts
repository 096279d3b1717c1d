/** What columns are called, in the languages of warehouses: names that give personal data away, and names that only seem to. */
import { describe, expect, it } from 'vitest';
import { guess } from '../../src/discovery/guess.ts';

const tagOf = (
  column: string,
  dataset: string,
  family: 'text' | 'integer' | 'boolean' | 'date' | 'unknown',
) => guess({ column, dataset, family })?.tag ?? null;

/** `name tag`, or `name tag dataset`; `-` for none. */
const TEXTS = `
email                    pii.email
E_MAIL                   pii.email
customerEmail            pii.email
CUSTOMER_EMAIL_ADDRESS   pii.email
email2                   pii.email
kunden_e_mail            pii.email
correo_electronico       pii.email
adresse_mail             pii.email
sähköposti               pii.email
メールアドレス             pii.email
email_id                 pii.email
phone                    pii.phone
mobile_number            pii.phone
telefonnummer            pii.phone
Téléphone_portable       pii.phone
puhelinnumero            pii.phone
iban                     pii.iban
bankAccountNumber        pii.iban
credit_card_number       pii.payment_card
ssn                      pii.national_id
codice_fiscale           pii.national_id
personnummer             pii.national_id
rodné_číslo              pii.national_id
passport_no              pii.passport
licence_plate            pii.license_plate
first_name               pii.name
LastName                 pii.name
nachname                 pii.name
prénom                   pii.name
nazwisko                 pii.name
owner_full_name          pii.name
name                     pii.name          customers
name                     pii.name          raw_members_snapshot
display_name             pii.name          users
street_address           pii.address
straße                   pii.address
adresse                  pii.address
postal_code              pii.postal_code
client_ip                pii.ip
user_agent               pii.device
religion                 pii.sensitive.belief
diagnosis_code           pii.sensitive.health
password_hash            secret
api_key                  secret
marital_status           pii.family
name                     -                 products
name                     -                 contact_property
product_name             -
company_name             -
file_name                -
table_name               -                 users
display_name             -                 adverts
email_count              -
email_sent_at            -
email_campaign           -
email_domain             -
is_email_verified        -
phone_type               -
address_type             -
login_count              -
password_changed_at      -
credit_card_amount       -
ip_version               -
id                       -                 customers
status                   -                 customers
kilometres               -
description              -
emailer                  -
relationship             -
tripadvisor_rank         -
`;

const rows = TEXTS.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
  .map(([column = '', tag = '', dataset = 'things']) => ({ column, tag: tag === '-' ? null : tag, dataset }));

describe('a text column', () => {
  it.each(rows)('$column of $dataset: $tag', ({ column, tag, dataset }) => {
    expect(tagOf(column, dataset, 'text')).toBe(tag);
  });
});

describe('the type', () => {
  it.each([
    ['email', 'integer', null],
    ['email', 'boolean', null],
    ['email', 'unknown', 'pii.email'],
    ['phone', 'integer', 'pii.phone'],
    ['phone_id', 'integer', null],
    ['date_of_birth', 'date', 'pii.birth_date'],
    ['dob', 'integer', 'pii.birth_date'],
    ['gender', 'boolean', null],
  ] as const)('%s as %s: %s', (column, family, tag) => {
    expect(tagOf(column, 'people', family)).toBe(tag);
  });
});

it('tells with how much confidence', () => {
  const sure = guess({ column: 'email', dataset: 'x', family: 'text' })?.confidence ?? 0;
  const less = guess({ column: 'reply_to_contact_email', dataset: 'x', family: 'text' })?.confidence ?? 0;
  expect(sure).toBeGreaterThan(less);
  expect(less).toBeGreaterThan(0.5);
});
