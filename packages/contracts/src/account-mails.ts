/** The job that tells somebody something about their account. */
import { Type, type Static } from 'typebox'

/** Job on the mail queue. */
export const accountMailJobName = 'account-mail'

/**
 * `sign-up` and `password-reset` carry a code; `account-exists` and `no-account` say why there is none. `password-changed`
 * is for the case that somebody else did it.
 */
export const accountMailSchema = Type.Object({
  kind: Type.Enum(['sign-up', 'password-reset', 'account-exists', 'no-account', 'password-changed']),
  to: Type.String({ description: 'mailbox of the account' }),
  code: Type.Optional(Type.String({ description: 'counts for ten minutes' })),
  traceparent: Type.Optional(
    Type.String({
      description: 'W3C Trace Context of the request that caused the mail, so that the mail joins its trace',
    }),
  ),
})

export type AccountMail = Static<typeof accountMailSchema>
