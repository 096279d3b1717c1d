/** Who may read which dataset of the example, and as what: every persona against every dataset, decided by the real bundle. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createDecider } from '../../src/access/decide.ts';
import type { Decision } from '../../src/access/decision.ts';
import { createPdp } from '../../src/access/pdp.ts';
import { findPersona, identityOf } from '../../src/identity/development/personas.ts';
import { config, loadSnapshot, personas } from './load.ts';

const PERSONAS = [
  'member',
  'analyst',
  'officer',
  'intern',
  'service',
  'pipeline',
  'partner',
  'agent',
  'external',
] as const;

/** `+` reads it, `403` is told that it may not, `404` is told that there is no such dataset; in the order of PERSONAS. */
const MATRIX: Readonly<Record<string, string>> = {
  'bronze.readings': '404 403 + 404 404 404 404 404 404',
  'bronze.stg_members': '404 404 + 404 404 404 404 404 404',
  'bronze.stg_meters': '404 404 + 404 404 404 404 404 404',
  'bronze.stg_readings': '404 404 + 404 404 404 404 404 404',
  'bronze.stg_tariffs': '404 404 + 404 404 404 404 404 404',
  'silver.int_daily_usage': '403 + + + 403 403 403 403 404',
  'silver.int_member_meters': '403 + + + 403 403 403 403 404',
  'silver.members_snapshot': '403 + + + 403 403 403 403 404',
  'gold.alpha_usage': '403 + + 403 403 403 403 403 404',
  'gold.beta_usage': '403 403 + 403 403 403 403 403 404',
  'gold.communities': '+ + + + + + 403 + +',
  'gold.community_totals': '+ + + + + + 403 + +',
  'gold.consumption_forecast': '+ + + + + 403 403 + 404',
  'gold.invoices': '+ + + + + 403 403 + 404',
  'gold.member_contacts': '403 + + + + 403 403 + 404',
  'gold.members': '+ + + + + 403 403 + 404',
  'gold.meter_readings': '+ + + + + 403 403 + 404',
  'gold.meters': '+ + + + + 403 403 + 404',
  'gold.payment_accounts': '404 404 + 404 404 404 404 404 404',
  'gold.tariffs': '+ + + + + + 403 + +',
  'gold.tariffs.v1': '+ + + + + + 403 + +',
};

/** What is left of gold.members; `rows` are the policies that filter. */
const MEMBERS: Readonly<Record<string, { hidden: string[]; masks: Record<string, string>; rows: string[] }>> =
  {
    member: { hidden: [], masks: {}, rows: ['own-community', 'own-record'] },
    analyst: {
      hidden: [],
      masks: {
        name: 'hash',
        email: 'hash',
        phone: 'hash',
        iban: 'hash',
        birth_date: 'null',
        address: 'constant',
      },
      rows: ['own-community'],
    },
    officer: { hidden: [], masks: { iban: 'partial' }, rows: [] },
    intern: {
      hidden: ['address', 'iban', 'phone'],
      masks: { name: 'hash', email: 'hash', birth_date: 'null' },
      rows: ['own-community', 'own-region'],
    },
    service: {
      hidden: ['birth_date'],
      masks: { name: 'hash', email: 'hash', phone: 'hash', iban: 'hash', address: 'constant' },
      rows: [],
    },
  };

/** Unexposed columns may be listed as hidden too; only what dbt documents is compared. */
const UNEXPOSED = ['loyalty_score', 'internal_note', 'fax'];

describe('who sees what', () => {
  const answers = new Map<string, ReadonlyMap<string, Decision>>();

  beforeAll(async () => {
    const snapshot = loadSnapshot();
    const decider = createDecider({ pdp: createPdp({ kind: 'embedded' }) });
    const context = {
      project: null,
      purpose: null,
      environment: config.environment,
      time: { epoch: 0, minute_of_day: 0, weekday: 4 },
      client_ip: null,
      grants: [],
    };
    for (const name of PERSONAS) {
      answers.set(
        name,
        await decider.decide({
          parties: [
            {
              identity: identityOf(findPersona(personas, name), 'http://127.0.0.1:8081'),
              context,
              path: [],
            },
          ],
          datasets: snapshot.catalogue.datasets,
          policies: snapshot.policies,
          snapshotHash: snapshot.hash,
          action: 'query',
          request: { sql_tables: [], columns: [], limit: null, offset: null, formats: ['json'] },
        }),
      );
    }
  });

  const decision = (persona: string, id: string): Decision => {
    const found = answers.get(persona)?.get(id);
    if (found === undefined) throw new Error(`no decision for ${persona} and ${id}`);
    return found;
  };

  it('is asked of every dataset', () => {
    expect([...(answers.get('member')?.keys() ?? [])].sort()).toEqual(Object.keys(MATRIX).sort());
  });

  it.each(Object.entries(MATRIX))('%s: %s', (id, wanted) => {
    const got = PERSONAS.map((persona) => {
      const { allow, discoverable } = decision(persona, id);
      return allow ? '+' : discoverable ? '403' : '404';
    });
    expect(got.join(' ')).toBe(wanted);
  });

  it.each(Object.entries(MEMBERS))('gold.members as %s', (persona, wanted) => {
    const { hidden, masks, rows } = decision(persona, 'gold.members');
    expect({
      hidden: hidden.filter((column) => !UNEXPOSED.includes(column)).sort(),
      masks: Object.fromEntries(
        Object.entries(masks)
          .filter(([column]) => !UNEXPOSED.includes(column))
          .map(([column, { mask }]) => [column, mask?.kind]),
      ),
      rows: rows.map((filter) => filter.policy).sort(),
    }).toEqual(wanted);
  });
});
