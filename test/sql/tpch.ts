/** TPC-H's eight tables, tiny and deterministic: enough for each query to meet rows. */
import { dataset } from './fixture.ts';

const TABLES: Readonly<Record<string, readonly string[]>> = {
  region: ['r_regionkey INTEGER', 'r_name VARCHAR', 'r_comment VARCHAR'],
  nation: ['n_nationkey INTEGER', 'n_name VARCHAR', 'n_regionkey INTEGER', 'n_comment VARCHAR'],
  supplier: [
    's_suppkey BIGINT',
    's_name VARCHAR',
    's_address VARCHAR',
    's_nationkey INTEGER',
    's_phone VARCHAR',
    's_acctbal DECIMAL(15,2)',
    's_comment VARCHAR',
  ],
  customer: [
    'c_custkey BIGINT',
    'c_name VARCHAR',
    'c_address VARCHAR',
    'c_nationkey INTEGER',
    'c_phone VARCHAR',
    'c_acctbal DECIMAL(15,2)',
    'c_mktsegment VARCHAR',
    'c_comment VARCHAR',
  ],
  part: [
    'p_partkey BIGINT',
    'p_name VARCHAR',
    'p_mfgr VARCHAR',
    'p_brand VARCHAR',
    'p_type VARCHAR',
    'p_size INTEGER',
    'p_container VARCHAR',
    'p_retailprice DECIMAL(15,2)',
    'p_comment VARCHAR',
  ],
  partsupp: [
    'ps_partkey BIGINT',
    'ps_suppkey BIGINT',
    'ps_availqty BIGINT',
    'ps_supplycost DECIMAL(15,2)',
    'ps_comment VARCHAR',
  ],
  orders: [
    'o_orderkey BIGINT',
    'o_custkey BIGINT',
    'o_orderstatus VARCHAR',
    'o_totalprice DECIMAL(15,2)',
    'o_orderdate DATE',
    'o_orderpriority VARCHAR',
    'o_clerk VARCHAR',
    'o_shippriority INTEGER',
    'o_comment VARCHAR',
  ],
  lineitem: [
    'l_orderkey BIGINT',
    'l_partkey BIGINT',
    'l_suppkey BIGINT',
    'l_linenumber BIGINT',
    'l_quantity DECIMAL(15,2)',
    'l_extendedprice DECIMAL(15,2)',
    'l_discount DECIMAL(15,2)',
    'l_tax DECIMAL(15,2)',
    'l_returnflag VARCHAR',
    'l_linestatus VARCHAR',
    'l_shipdate DATE',
    'l_commitdate DATE',
    'l_receiptdate DATE',
    'l_shipinstruct VARCHAR',
    'l_shipmode VARCHAR',
    'l_comment VARCHAR',
  ],
};

const pick = (list: string, by: string): string => `(${list})[1 + (hash(${by}) % len(${list}))::integer]`;
const REGIONS = "['AFRICA','AMERICA','ASIA','EUROPE','MIDDLE EAST']";
const NATIONS =
  "['ALGERIA','ARGENTINA','BRAZIL','CANADA','EGYPT','ETHIOPIA','FRANCE','GERMANY','INDIA','INDONESIA','IRAN','IRAQ','JAPAN','JORDAN','KENYA','MOROCCO','MOZAMBIQUE','PERU','CHINA','ROMANIA','SAUDI ARABIA','VIETNAM','RUSSIA','UNITED KINGDOM','UNITED STATES']";

const ROWS: Readonly<Record<string, string>> = {
  region: `SELECT i, ${REGIONS}[i + 1], 'r' FROM range(5) t(i)`,
  nation: `SELECT i, ${NATIONS}[i + 1], i % 5, 'n' FROM range(25) t(i)`,
  supplier: `SELECT i, 'Supplier#' || i, 'address ' || i, i % 25, (10 + i % 25) || '-100-' || i, (i * 37 % 900)::decimal(15,2), CASE WHEN i % 7 = 0 THEN 'x Customer y Complaints' ELSE 'fine' END FROM range(60) t(i)`,
  customer: `SELECT i, 'Customer#' || i, 'address ' || i, i % 25, (10 + i % 25) || '-200-' || i, (i * 91 % 10000 - 500)::decimal(15,2), ${pick("['AUTOMOBILE','BUILDING','FURNITURE','MACHINERY','HOUSEHOLD']", 'i')}, 'c' FROM range(200) t(i)`,
  part: `SELECT i, ${pick("['forest green','lavender green','blush red','almond blue']", 'i')} || i, 'Manufacturer#' || (1 + i % 5), 'Brand#' || (1 + i % 5) || (1 + i % 3), ${pick("['PROMO BURNISHED COPPER','ECONOMY ANODIZED STEEL','MEDIUM POLISHED TIN','LARGE BRUSHED BRASS','SMALL PLATED COPPER','STANDARD POLISHED BRASS']", 'i * 3')}, 1 + i % 50, ${pick("['SM CASE','MED BAG','LG BOX','SM PACK','MED BOX','LG CASE','JUMBO PKG','WRAP CASE']", 'i * 5')}, (900 + i % 200)::decimal(15,2), 'p' FROM range(400) t(i)`,
  partsupp: `SELECT p, (p * 7 + s * 13) % 60, (p * s * 31) % 9999, ((p + s) % 1000)::decimal(15,2), 'ps' FROM range(400) a(p), range(4) b(s)`,
  orders: `SELECT i, (i * 7) % 130, ${pick("['F','O','P']", 'i')}, (1000 + (i * 977) % 400000)::decimal(15,2), DATE '1992-01-01' + (i * 3 % 2400)::integer, ${pick("['1-URGENT','2-HIGH','3-MEDIUM','4-NOT SPECIFIED','5-LOW']", 'i * 11')}, 'Clerk#' || (i % 20), 0, CASE WHEN i % 9 = 0 THEN 'special pending requests' ELSE 'o' END FROM range(1500) t(i)`,
  lineitem: `SELECT o, (o * 17 + l * 5) % 400, ((o * 17 + l * 5) % 400 * 7 + (l % 4) * 13) % 60, l, (CASE WHEN o % 100 = 7 THEN 50 ELSE 1 + (o * l) % 50 END)::decimal(15,2), (900 + (o * 13 + l) % 90000)::decimal(15,2), ((o + l) % 11)::decimal(15,2) / 100, ((o * l) % 9)::decimal(15,2) / 100, ${pick("['A','N','R']", 'o * 4 + l')}, ${pick("['O','F']", 'o + l')}, DATE '1992-01-01' + (o * 3 % 2400 + l * 11)::integer, DATE '1992-01-01' + (o * 3 % 2400 + l * 12)::integer, DATE '1992-01-01' + (o * 3 % 2400 + l * 13 + 5)::integer, ${pick("['DELIVER IN PERSON','COLLECT COD','NONE','TAKE BACK RETURN']", 'o * 5 + l')}, ${pick("['AIR','AIR REG','MAIL','SHIP','TRUCK','RAIL','FOB','REG AIR']", 'o * 7 + l')}, 'l' FROM range(1500) a(o), range(7) b(l)`,
};

export const TPCH = Object.entries(TABLES).map(([name, columns]) => dataset(`tpch.${name}`, columns));

export const TPCH_SQL: readonly string[] = [
  'CREATE SCHEMA tpch',
  ...Object.entries(TABLES).flatMap(([name, columns]) => [
    `CREATE TABLE tpch.${name} (${columns.join(', ')})`,
    `INSERT INTO tpch.${name} ${ROWS[name]}`,
  ]),
];
