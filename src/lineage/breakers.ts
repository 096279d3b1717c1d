/** Functions after which little is left of a value: counts of it, digests of it, and whether it is there at all. */

export const COUNTS: ReadonlySet<string> = new Set([
  'count',
  'count_if',
  'countif',
  'count_distinct',
  'approx_count_distinct',
  'approx_distinct',
  'hll',
  'uniq',
  'uniqexact',
  'regr_count',
]);

/** Under the names that warehouses and the parser have for them. */
const DIGESTS = [
  'md5',
  'md5_hex',
  'md5_binary',
  'md5_number',
  'md5_number_lower64',
  'md5_number_upper64',
  'm_d5_digest',
  'm_d5_number_lower64',
  'm_d5_number_upper64',
  'sha',
  'sha1',
  'sha1_hex',
  'sha1_binary',
  'sha2',
  'sha2_hex',
  'sha2_binary',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
  's_h_a',
  's_h_a1_digest',
  's_h_a2',
  's_h_a2_digest',
  'hash',
  'hash_agg',
  'hashbytes',
  'standard_hash',
  'digest',
  'hmac',
  'hmac_md5',
  'hmac_sha1',
  'hmac_sha256',
  'hmac_sha512',
  'xxhash32',
  'xxhash64',
  'xxh64',
  'murmur_hash',
  'murmurhash3',
  'farm_fingerprint',
  'crc32',
  'hashtext',
];

/** `is null` and `is not null`. Other comparisons are none: they ask for the value itself. */
export const NULL_TEST = 'is null';

/** What stops every tag. */
export const STOPS_ALL: ReadonlySet<string> = new Set([...COUNTS, ...DIGESTS, NULL_TEST]);
