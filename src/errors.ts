/** Every fault that Sluice can report: one class, one closed table of codes; a number is never used twice. */

interface CodeInfo {
  /** Unique; the thousands tell the stage. */
  readonly number: number;
  /** HTTP status that the doors translate to. */
  readonly status: number;
  /** Short human title, free of data. */
  readonly title: string;
}

const c = (number: number, status: number, title: string): CodeInfo => ({ number, status, title });

export const CODES = {
  // 1xxx start-up, configuration, state
  config_invalid: c(1001, 422, 'The configuration is invalid'),
  state_unavailable: c(1002, 503, 'The state cannot be read or written'),
  port_taken: c(1003, 500, 'The port is taken'),
  development_only: c(1004, 403, 'Only available in a development environment'),
  usage: c(1005, 400, 'The command was called with wrong arguments'),
  // 2xxx identity
  token_missing: c(2001, 401, 'A bearer token is needed'),
  token_malformed: c(2002, 401, 'The token is not a valid JWT'),
  token_expired: c(2003, 401, 'The token has expired'),
  token_not_yet_valid: c(2004, 401, 'The token is not valid yet'),
  token_issuer_unknown: c(2005, 401, 'The token comes from an unknown issuer'),
  token_audience: c(2006, 401, 'The token is for another audience'),
  token_algorithm: c(2007, 401, 'The token is signed with an algorithm that is not accepted'),
  token_signature: c(2008, 401, "The token's signature does not verify"),
  token_claims: c(2009, 401, "The token's claims are not usable"),
  issuer_unavailable: c(2010, 503, 'The keys of the issuer cannot be fetched'),
  // Not 401: who asks is known, and would only fetch another token that is refused as well.
  identity_denied: c(2011, 403, 'This identity is refused'),
  // 3xxx parsing and guarding SQL
  sql_empty: c(3001, 400, 'The query is empty'),
  sql_too_long: c(3002, 413, 'The query text is too long'),
  sql_nul_byte: c(3003, 400, 'The query holds a NUL byte'),
  sql_syntax: c(3004, 400, 'The query is not valid SQL'),
  sql_multiple_statements: c(3005, 400, 'Only one statement is accepted'),
  sql_not_select: c(3006, 400, 'Only SELECT is accepted'),
  sql_select_into: c(3007, 400, 'SELECT INTO is not accepted'),
  sql_locking: c(3008, 400, 'Locking clauses are not accepted'),
  sql_data_modifying_cte: c(3009, 400, 'A CTE may only SELECT'),
  sql_construct_refused: c(3010, 400, 'This SQL construct is not accepted'),
  sql_function_refused: c(3011, 400, 'This function is not accepted'),
  sql_operator_refused: c(3012, 400, 'This operator is not accepted'),
  sql_type_refused: c(3013, 400, 'This type is not accepted'),
  sql_function_in_from: c(3014, 400, 'This function is not accepted in FROM'),
  sql_system_column: c(3015, 400, 'System columns are not accepted'),
  sql_tablesample: c(3016, 400, 'TABLESAMPLE is not accepted'),
  sql_too_deep: c(3017, 400, 'The query is nested too deeply'),
  sql_too_large: c(3018, 400, 'The query has too many parts'),
  sql_bound: c(3019, 400, 'An argument is not a constant within its bound'),
  sql_parameter: c(3020, 400, 'The parameters do not fit the query'),
  sql_arguments: c(3021, 400, 'The function does not take these arguments'),
  sql_limit: c(3022, 400, 'LIMIT and OFFSET must be non-negative whole numbers'),
  // 4xxx resolving names
  dataset_not_found: c(4001, 404, 'No such dataset'),
  column_not_found: c(4002, 400, 'No such column'),
  column_ambiguous: c(4003, 400, 'The column is ambiguous'),
  relation_not_found: c(4004, 400, 'No such relation in this scope'),
  relation_ambiguous: c(4005, 400, 'A relation name is used twice'),
  whole_row: c(4006, 400, 'Whole-row references are not accepted'),
  sql_semantics: c(4007, 400, 'The query does not make sense'),
  dataset_invalid: c(4008, 503, 'The dataset is not available in the engine'),
  recursion_refused: c(4009, 400, 'This recursion is not accepted'),
  project_not_found: c(4010, 404, 'No such project'),
  // 5xxx decisions
  access_denied: c(5001, 403, 'Access denied'),
  pdp_unavailable: c(5002, 503, 'The policy decision point is not available'),
  decision_invalid: c(5003, 503, 'The policy decision point gave an unusable answer'),
  limit_columns: c(5004, 400, 'The query must name its columns'),
  limit_filter: c(5005, 400, 'The query must restrict certain columns'),
  limit_joins: c(5006, 400, 'The query has more joins than it may'),
  limit_cross_join: c(5007, 400, 'The query joins everything with everything'),
  limit_join_with: c(5008, 403, 'These datasets may not stand in one query'),
  limit_format: c(5009, 403, 'The data may not be delivered in this format'),
  limit_rows: c(5010, 400, 'The query asks for rows beyond those that it may read'),
  clean_room_shape: c(5011, 400, 'A clean room does not answer a query of this shape'),
  clean_room_conflict: c(5012, 403, 'The rules of the clean room contradict one another'),
  purpose_needs_project: c(5016, 400, 'A purpose counts only inside a project'),
  purpose_needed: c(5017, 403, 'Acting in the project needs one of its purposes'),
  purpose_not_in_project: c(5013, 403, 'The project does not list this purpose'),
  purpose_not_acknowledged: c(5014, 403, 'The purpose must be acknowledged first'),
  purpose_changed: c(5015, 409, 'The text of the purpose has changed'),
  clean_room_budget: c(5018, 429, 'The budget of the clean room is used up'),
  clean_room_difference: c(5019, 403, 'The answer would differ from an earlier one by too few'),
  // 6xxx rewriting and verification
  rewrite_failed: c(6001, 500, 'The query could not be governed'),
  verify_failed: c(6002, 500, 'The governed query did not verify'),
  // 7xxx engines
  engine_unavailable: c(7001, 503, 'The engine is not available'),
  timeout: c(7002, 504, 'The query took too long'),
  cancelled: c(7003, 499, 'The query was cancelled'),
  too_many_queries: c(7004, 429, 'Too many queries'),
  division_by_zero: c(7005, 400, 'Division by zero'),
  invalid_cast: c(7006, 400, 'A value cannot be converted to that type'),
  out_of_range: c(7007, 400, 'A value is out of range'),
  out_of_memory: c(7008, 400, 'The query needs more memory than it may use'),
  execution_failed: c(7009, 400, 'The query failed in the engine'),
  invalid_argument: c(7010, 400, 'A function got an argument that it cannot take'),
  type_mismatch: c(7011, 400, 'The types in the query do not fit together'),
  too_many_rows: c(7012, 400, 'A recursion or a series in the query gives more rows than it may'),
  scan_too_large: c(7013, 400, 'The query reads larger datasets than it may'),
  // 8xxx audit
  audit_unavailable: c(8001, 503, 'The audit record cannot be written'),
  audit_broken: c(8002, 500, 'The audit chain does not verify'),
  // 9xxx metadata
  manifest_invalid: c(9001, 422, 'The dbt manifest is not usable'),
  catalog_invalid: c(9002, 422, 'The dbt catalog is not usable'),
  policy_invalid: c(9003, 422, 'A policy is not usable'),
  publish_invalid: c(9004, 422, 'The publish rules do not fit the metadata'),
  metadata_conflict: c(9005, 409, 'The metadata was changed by someone else'),
  snapshot_missing: c(9006, 503, 'No metadata has been pushed yet'),
  state_unknown: c(9007, 404, 'No such state in the history'),
  tags_invalid: c(9008, 422, 'The tag changes are not usable'),
  catalogue_invalid: c(9009, 422, 'The catalogue files are not usable'),
  // 10xxx doors
  not_found: c(10001, 404, 'Not found'),
  bad_request: c(10002, 400, 'The request is not valid'),
  body_too_large: c(10003, 413, 'The request body is too large'),
  cursor_invalid: c(10004, 400, 'The cursor is not valid'),
  not_acceptable: c(10005, 406, 'No representation that the caller accepts'),
  unsupported_media_type: c(10006, 415, 'The request body has an unsupported type'),
  internal: c(10007, 500, 'Something went wrong in the gate'),
  gate_unreachable: c(10008, 503, 'No gate answers'),
  headers_too_large: c(10009, 431, 'The head of the request is too large'),
  request_timeout: c(10010, 408, 'The request did not arrive in time'),
  // 11xxx access requests and grants
  request_not_found: c(11001, 404, 'No such access request'),
  grant_not_found: c(11002, 404, 'No such grant'),
  request_duplicate: c(11003, 409, 'The same is asked for already'),
  request_closed: c(11004, 409, 'The access request is closed'),
  request_needless: c(11005, 409, 'There is nothing to ask for'),
  request_hopeless: c(11006, 409, 'No grant can open this'),
  request_changed: c(11007, 409, 'What was asked for has changed'),
  request_decided: c(11008, 409, 'Your word is in already'),
  too_many_requests: c(11009, 429, 'Too many access requests'),
  not_an_approver: c(11010, 403, 'This is for others to decide'),
} as const satisfies Record<string, CodeInfo>;

export type Code = keyof typeof CODES;

export interface SluiceErrorOptions {
  /** What would mend it; never a value from the data. */
  readonly hint?: string;
  /** UTF-16 index into the SQL text, or null where there is none. */
  readonly position?: number | null;
  /** Further problems of the same kind (a push reports all of them at once). */
  readonly details?: readonly string[];
  /** Seconds after which a retry may succeed. */
  readonly retryAfter?: number;
  /** Id of a dataset that the caller may ask for: never one that they may not know of. */
  readonly requestAccess?: string;
  /** For the log only; never shown to a caller. */
  readonly cause?: unknown;
}

/** `message`, `hint` and `details` are shown to callers, so they never hold data; `cause` goes to the log alone. */
export class SluiceError extends Error {
  readonly code: Code;
  readonly hint: string | null;
  readonly position: number | null;
  readonly details: readonly string[];
  readonly retryAfter: number | null;
  readonly requestAccess: string | null;

  constructor(code: Code, message?: string, options: SluiceErrorOptions = {}) {
    super(message ?? CODES[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SluiceError';
    this.code = code;
    this.hint = options.hint ?? null;
    this.position = options.position ?? null;
    this.details = options.details ?? [];
    this.retryAfter = options.retryAfter ?? null;
    this.requestAccess = options.requestAccess ?? null;
  }

  get status(): number {
    return CODES[this.code].status;
  }
}
