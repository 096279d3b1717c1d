/**
 * Functions of PostgreSQL 18 and before that take a whole row. Where a relation has lost a column of such a name,
 * `raw.to_json` would call the function on the row, hidden columns included; the bare name is an error then.
 */
const NAMES = `
  any_out any_value anycompatible_out anycompatiblenonarray_out anyelement_out anynonarray_out array_agg concat count cume_dist
  dense_rank first_value hash_record json_agg json_agg_strict json_build_array json_build_object jsonb_agg
  jsonb_agg_strict jsonb_build_array jsonb_build_object lag last_value lead max min mode num_nonnulls
  num_nulls percent_rank pg_collation_for pg_column_compression pg_column_size pg_column_toast_chunk_id
  pg_restore_attribute_stats pg_restore_relation_stats pg_typeof quote_literal quote_nullable rank record_out
  record_send row_to_json to_json to_jsonb`;

export const TAKES_ROW: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/));
