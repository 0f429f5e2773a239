/** What a client is told when it has got a session: never the session itself, which goes by cookie. */
import type { Account } from './account.ts'
import type { Auth } from './auth.ts'
import { sessionName } from './session-id.ts'
import type { SignedIn } from './sign-in.ts'

export const answerTo = (
  { csrfTokenOf }: Pick<Auth, 'csrfTokenOf'>,
  { account, sessionId }: SignedIn,
): { readonly account: Account; readonly csrfToken: string } => ({
  account,
  csrfToken: csrfTokenOf(sessionName(sessionId)),
})
