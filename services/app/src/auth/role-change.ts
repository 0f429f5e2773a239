/** Giving and taking roles: what somebody could do as what they were ends with it. */
import { RoundtripError } from '@roundtrip/errors'
import type { Visit } from '../http/visit.ts'
import type { Account } from './account.ts'
import { lockAccount, setRole } from './accounts.ts'
import type { Auth } from './auth.ts'

/**
 * Ends all sessions of the account, as each of them carries the role. When they cannot be ended, the role stays.
 * @param by whose doing it is: not their own role, so that there is always an admin left
 * @throws RoundtripError `NOT_FOUND`, `CONFLICT`, `AUTH_UNAVAILABLE`, or what the database throws
 */
export const changeRole = async (auth: Auth, by: Account, { id, role }: Account, visit: Visit): Promise<void> => {
  if (id === by.id) throw new RoundtripError('CONFLICT', 'Nobody changes their own role: ask another admin.')
  const { lsn } = await auth.database.write(async (transaction) => {
    if ((await lockAccount(transaction, id)) === undefined)
      throw new RoundtripError('NOT_FOUND', 'There is no such account.')
    await setRole(transaction, id, role)
    await auth.sessions.endAll(id)
  }, visit)
  visit.wrote(lsn, 'visitor')
}
