/** For tests only: accounts and tokens without the way through a mailbox. */
import { randomUUID } from 'node:crypto'
import type { Database } from '@roundtrip/postgres'
import type { Account, Role } from '../auth/account.ts'
import { insertAccount } from '../auth/accounts.ts'
import { toolToken } from '../auth/grant.ts'
import { keysFrom } from '../http/keys.ts'
import { PasswordHashes } from '../auth/password-hash.ts'
import { testSecret } from './settings.ts'

export interface TestAccount extends Account {
  readonly email: string
  readonly password: string
}

/** Of an instance with `testSecret`. */
export const testHashes = new PasswordHashes({ pepper: keysFrom(testSecret)('password-pepper') })

/** Somebody who can sign in. */
export const addAccount = async (database: Database, role: Role = 'customer'): Promise<TestAccount> => {
  const email = `${randomUUID()}@example.com`
  const password = `a fine password ${randomUUID()}`
  const passwordHash = await testHashes.hash(password)
  const { value } = await database.write((tx) => insertAccount(tx, { name: 'Tested', email, passwordHash, role }))
  if (value === undefined) throw new Error('the account was there already')
  return { ...value, email, password }
}

const hourSeconds = 3600

/** For `authorization: Bearer …`. */
export const addToken = async (database: Database, role: Role): Promise<string> =>
  (await database.write((tx) => toolToken(tx, role, hourSeconds))).value
