/** Accounts, sessions and tokens: what a client sends to get one, and what it gets to see. */
import { Type, type Static } from 'typebox'
import { emailPattern, personName } from './orders.ts'

const strict = { additionalProperties: false } as const

const email = Type.String({ pattern: emailPattern, maxLength: 254 })
/** More than the rules allow, so that these can say why; far less than would keep a server busy. */
const password = Type.String({ maxLength: 1024, description: '12 to 128 characters, of whatever kinds' })
const code = Type.String({ maxLength: 64, description: 'from the mail; capitals, spaces and dashes do not matter' })

export const roleSchema = Type.Enum(['customer', 'staff', 'admin'])
export const scopeSchema = Type.Enum(['shop', 'catalogue', 'accounts'])
export const userIdSchema = Type.String({ pattern: '^[1-9][0-9]{0,9}$' })

export const codeRequestSchema = Type.Object({ email, purpose: Type.Enum(['sign-up', 'password-reset']) }, strict)
export const newAccountSchema = Type.Object({ email, code, name: personName, password }, strict)
export const passwordResetSchema = Type.Object({ email, code, password }, strict)
export const passwordChangeSchema = Type.Object({ currentPassword: password, newPassword: password }, strict)
export const credentialsSchema = Type.Object({ email, password }, strict)
export const roleChangeSchema = Type.Object({ role: roleSchema }, strict)

export const accountSchema = Type.Object({
  id: userIdSchema,
  name: personName,
  email,
  role: roleSchema,
})

/** What a sign-in gives besides the cookie. */
export const signedInSchema = Type.Object({
  account: Type.Object({ id: userIdSchema, role: roleSchema }),
  csrfToken: Type.String({ description: 'for X-CSRF-Token, where no browser tells which site a request comes from' }),
})

const moment = Type.String({ description: 'ISO 8601, UTC' })

export const sessionListSchema = Type.Object({
  sessions: Type.Array(
    Type.Object({
      name: Type.String({ description: 'names the session; nobody can use it as one' }),
      agent: Type.String({ description: 'what the browser called itself' }),
      beganAt: moment,
      lastSeenAt: moment,
      isThisOne: Type.Boolean(),
    }),
  ),
})

const secondsPerDay = 86_400

export const newTokenSchema = Type.Object(
  {
    name: personName,
    scopes: Type.Array(scopeSchema, { minItems: 1, maxItems: 3, uniqueItems: true }),
    expiresInSeconds: Type.Integer({ minimum: 60, maximum: 365 * secondsPerDay }),
  },
  strict,
)

export const tokenSchema = Type.Object({
  id: Type.String(),
  name: personName,
  scopes: Type.Array(scopeSchema),
  createdAt: moment,
  expiresAt: moment,
  lastUsedAt: Type.Union([moment, Type.Null()]),
})

export const newTokenAnswerSchema = Type.Object({
  ...tokenSchema.properties,
  token: Type.String({ description: 'shown this once' }),
})

export const tokenListSchema = Type.Object({ tokens: Type.Array(tokenSchema) })

export type CodeRequest = Static<typeof codeRequestSchema>
export type NewAccount = Static<typeof newAccountSchema>
export type PasswordReset = Static<typeof passwordResetSchema>
export type PasswordChange = Static<typeof passwordChangeSchema>
export type Credentials = Static<typeof credentialsSchema>
