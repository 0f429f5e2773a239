/** For tests only: the settings of app that name no neighbour. A new setting gets its value here, once for all tests. */

/** For `APP_SECRET`. */
export const testSecret = 'no secret at all, but long enough for one'

export const ownSettings = {
  host: '127.0.0.1',
  port: 0,
  workers: '1',
  databasePoolMax: 8,
  // Tests share their machine: what they ask is never too much.
  maxInFlight: 100_000,
  maxLoopDelayMs: 1_000_000,
  // A cache that is given up is asked no more how new its values are, and a busy machine stops for longer than usual.
  cacheTimeoutMs: 20_000,
  secret: testSecret,
  sessionIdleMs: 1_800_000,
  sessionMaxMs: 43_200_000,
  passwordHashesAtOnce: 2,
  attemptsPerClient: 100,
  ownHops: 2,
  corsOrigins: [],
  publicOrigin: 'https://www.roundtrip.test:8443',
  requestTimeoutMs: 10_000,
  maxBodyBytes: 10_485_760,
}

/** For processes of their own: tests share their machine, what they ask is never too much. */
export const neverTooMuch = { APP_MAX_IN_FLIGHT: '100000', APP_MAX_LOOP_DELAY_MS: '1000000' }
