/** For tests only: accounts whose Redis is away. Whoever shows no session does not notice. */
import type { Database } from '@roundtrip/postgres'
import { createAuth, type Auth } from '../auth/auth.ts'
import { ownSettings } from './settings.ts'

const nowhere = 'redis://127.0.0.1:1'
const silent = { info: () => {}, warn: () => {} }

export const authWithoutRedis = (database: Database): Auth =>
  createAuth({
    settings: { ...ownSettings, cacheUrl: nowhere, queueUrl: nowhere },
    database,
    mailWaits: () => {},
    log: silent,
  })
