/** The one table of error codes: HTTP status, whose fault, whether a retry can help, and the sentence a user reads. */

/** Who failed: the client (downstream), the next hop (upstream), this process (internal), or its settings. */
export type ErrorSource = 'downstream' | 'upstream' | 'internal' | 'settings'

export interface CodeEntry {
  /** HTTP status (RFC 9110 §15); 499 is nginx's "client closed request", never sent, only logged. */
  readonly status: number
  readonly source: ErrorSource
  /** Whether the same request may succeed when sent again unchanged. */
  readonly retryable: boolean
  readonly message: string
}

const entry = (status: number, source: ErrorSource, retryable: boolean, message: string): CodeEntry => ({
  status,
  source,
  retryable,
  message,
})

export const codes = {
  BAD_REQUEST: entry(400, 'downstream', false, 'The request is malformed.'),
  INVALID_JSON: entry(400, 'downstream', false, 'The request body is not valid JSON.'),
  VALIDATION_FAILED: entry(400, 'downstream', false, 'The request does not match the schema of this route.'),
  CURSOR_INVALID: entry(
    400,
    'downstream',
    false,
    'The cursor is not one that this list has given out: start again without one.',
  ),
  UNAUTHENTICATED: entry(401, 'downstream', false, 'This needs an account: sign in, or send a bearer token.'),
  TOKEN_INVALID: entry(401, 'downstream', false, 'The bearer token is malformed, expired or revoked: make a new one.'),
  CREDENTIALS_WRONG: entry(401, 'downstream', false, 'No account has this mail address and this password.'),
  FORBIDDEN: entry(403, 'downstream', false, 'Access from this address is not allowed.'),
  ROLE_REQUIRED: entry(403, 'downstream', false, 'Your account may not do this; ask somebody who may.'),
  SCOPE_REQUIRED: entry(
    403,
    'downstream',
    false,
    'This token was not made for that: make one with the scope it needs.',
  ),
  SESSION_REQUIRED: entry(403, 'downstream', false, 'No token can do this: sign in with your password.'),
  CROSS_SITE_REQUEST: entry(
    403,
    'downstream',
    false,
    'This seems to come from another site: open the page here and send it again, or send the X-CSRF-Token of the session.',
  ),
  NOT_FOUND: entry(404, 'downstream', false, 'There is nothing at this address.'),
  METHOD_NOT_ALLOWED: entry(405, 'downstream', false, 'This address does not support this method; see Allow.'),
  CONFLICT: entry(409, 'downstream', false, 'The request conflicts with the current state.'),
  OUT_OF_STOCK: entry(409, 'downstream', false, 'There is not enough of a product left.'),
  IDEMPOTENCY_KEY_IN_FLIGHT: entry(
    409,
    'downstream',
    true,
    'A request with this Idempotency-Key is being carried out: send it again for its answer when Retry-After says.',
  ),
  PRECONDITION_FAILED: entry(412, 'downstream', false, 'A precondition of the request does not hold.'),
  BODY_TOO_LARGE: entry(413, 'downstream', false, 'The request body is larger than this server accepts.'),
  URI_TOO_LONG: entry(414, 'downstream', false, 'The request target is longer than this server accepts.'),
  UNSUPPORTED_MEDIA_TYPE: entry(415, 'downstream', false, 'Send the body as application/json.'),
  RANGE_NOT_SATISFIABLE: entry(416, 'downstream', false, 'The requested range lies outside the resource.'),
  EXPECTATION_FAILED: entry(417, 'downstream', false, 'The only expectation this server meets is 100-continue.'),
  MISDIRECTED_REQUEST: entry(421, 'downstream', false, 'This server is not responsible for that host.'),
  UNPROCESSABLE: entry(422, 'downstream', false, 'The request is well-formed but cannot be carried out.'),
  PASSWORD_REFUSED: entry(422, 'downstream', false, 'This password is too easy to guess: choose another one.'),
  CODE_WRONG: entry(
    422,
    'downstream',
    false,
    'The code is wrong, was used, or is older than ten minutes: ask for a new one.',
  ),
  IDEMPOTENCY_KEY_REUSED: entry(
    422,
    'downstream',
    false,
    'This Idempotency-Key was used for another request: take a new key for each.',
  ),
  PRECONDITION_REQUIRED: entry(
    428,
    'downstream',
    false,
    'Say in If-Match which state you mean to change: the ETag that you have seen, or * for whichever there is.',
  ),
  RATE_LIMITED: entry(429, 'downstream', true, 'Too many requests: wait as long as Retry-After says.'),
  HEADERS_TOO_LARGE: entry(431, 'downstream', false, 'The header fields are larger than this server accepts.'),
  CLIENT_CLOSED_REQUEST: entry(499, 'downstream', false, 'The client went away before the response was complete.'),
  REQUEST_TIMEOUT: entry(408, 'downstream', true, 'The request did not arrive in time.'),
  HTTP_VERSION_NOT_SUPPORTED: entry(505, 'downstream', false, 'This connection speaks HTTP/1.1.'),
  INTERNAL: entry(500, 'internal', false, 'Something failed on our side; quote the request id when reporting it.'),
  UPSTREAM_UNREACHABLE: entry(502, 'upstream', true, 'The next hop could not be reached.'),
  UPSTREAM_RESET: entry(502, 'upstream', true, 'The next hop closed the connection before it answered.'),
  UPSTREAM_INVALID: entry(502, 'upstream', false, 'The next hop answered with something that is not valid HTTP.'),
  UPSTREAM_OVERLOADED: entry(
    503,
    'upstream',
    true,
    'The next hop has all the work it may be given; try again shortly.',
  ),
  UPSTREAM_CIRCUIT_OPEN: entry(
    503,
    'upstream',
    true,
    'The next hops kept failing and are left alone; try again shortly.',
  ),
  NO_HEALTHY_UPSTREAM: entry(503, 'upstream', true, 'No healthy next hop is left; try again shortly.'),
  DATABASE_UNAVAILABLE: entry(503, 'upstream', true, 'The database is not available; try again shortly.'),
  WRITE_OUTCOME_UNKNOWN: entry(
    503,
    'upstream',
    false,
    'The database went away while saving: send it again under the same Idempotency-Key; without one, check first whether it was saved.',
  ),
  DATABASE_BUSY: entry(503, 'upstream', true, 'The database has all the work it may be given; try again shortly.'),
  DEADLINE_EXCEEDED: entry(504, 'internal', true, 'The time allowed for this request ran out; try again.'),
  QUEUE_UNAVAILABLE: entry(503, 'upstream', true, 'The job queue is not available; try again shortly.'),
  JOB_INVALID: entry(400, 'downstream', false, 'The payload of the job does not match its schema.'),
  JOB_UNKNOWN: entry(501, 'downstream', true, 'No handler of this worker knows a job of that name.'),
  JOB_TIMEOUT: entry(504, 'internal', true, 'The job did not finish in time.'),
  JOB_CANCELLED: entry(503, 'internal', true, 'The job was cancelled before it finished.'),
  JOB_STALLED: entry(500, 'internal', false, 'The job was started several times and never came to an end.'),
  MAIL_REFUSED: entry(502, 'upstream', false, 'The mail server refused the mail for good.'),
  MAIL_UNDELIVERED: entry(502, 'upstream', true, 'The mail could not be handed over; it is tried again.'),
  OVERLOADED: entry(503, 'internal', true, 'This server has more to do than it can; wait as long as Retry-After says.'),
  DRAINING: entry(503, 'internal', true, 'This server is shutting down; try again.'),
  NOT_IN_CACHE: entry(
    504,
    'downstream',
    false,
    'Only a stored response was asked for, and there is none that can be used.',
  ),
  UPSTREAM_TIMEOUT: entry(504, 'upstream', true, 'The next hop did not answer in time.'),
  CONNECT_TIMEOUT: entry(504, 'upstream', true, 'The next hop did not accept a connection in time.'),
  NAME_NOT_FOUND: entry(502, 'upstream', false, 'The name does not exist, or has no address.'),
  NAME_LOOKUP_FAILED: entry(502, 'upstream', true, 'The name could not be looked up.'),
  TLS_FAILED: entry(502, 'upstream', false, 'The TLS handshake failed.'),
  CERTIFICATE_NOT_TRUSTED: entry(502, 'upstream', false, 'The certificate is not trusted.'),
  CERTIFICATE_NAME_MISMATCH: entry(502, 'upstream', false, 'The certificate is not for this name.'),
  AUTH_UNAVAILABLE: entry(
    503,
    'upstream',
    true,
    'It cannot be found out who you are at the moment; try again shortly.',
  ),
  CACHE_UNAVAILABLE: entry(503, 'upstream', true, 'The cache is not available.'),
  SETTINGS_INVALID: entry(500, 'settings', false, 'The settings are not valid.'),
  PORT_IN_USE: entry(500, 'settings', true, 'The port is already in use.'),
  ZONE_INVALID: entry(500, 'settings', false, 'The zone file is not valid.'),
  DNS_MESSAGE_INVALID: entry(400, 'downstream', false, 'The DNS message is malformed.'),
  DNS_NAME_INVALID: entry(400, 'downstream', false, 'The domain name is not valid.'),
  WORKER_FAILED: entry(
    500,
    'internal',
    true,
    'A worker process ended before its time; its own lines in the log say why.',
  ),
  MIGRATION_FAILED: entry(500, 'internal', false, 'A database migration failed.'),
  MIGRATION_UNSAFE: entry(
    500,
    'settings',
    false,
    'A migration would stop a shop in use: change it as the findings say, or say in it why that is right.',
  ),
  MIGRATION_CHANGED: entry(
    500,
    'settings',
    false,
    'A migration was edited after it had been applied: restore it, and put the change into a new file.',
  ),
  STACK_START_FAILED: entry(500, 'internal', false, 'The stack did not start.'),
  STACK_ALREADY_RUNNING: entry(500, 'settings', false, 'A stack is already running here.'),
  STACK_NOT_RUNNING: entry(500, 'settings', false, 'No stack is running here; start one with ./roundtrip up.'),
  FAILOVER_IN_PROGRESS: entry(
    409,
    'downstream',
    true,
    'A failover of the database is under way: wait for its end, then look at ./roundtrip db status.',
  ),
  FAILOVER_REFUSED: entry(409, 'downstream', false, 'The failover was not begun; nothing has changed.'),
  FAILOVER_FAILED: entry(500, 'internal', false, 'The failover failed; see ./roundtrip db status.'),
  USAGE: entry(500, 'settings', false, 'The command line is not valid; see --help.'),
} as const satisfies Record<string, CodeEntry>

export type ErrorCode = keyof typeof codes
