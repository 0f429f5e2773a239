/** Users as the API shows them: no more than a name, because nobody has to sign in to read the list. */
import { Type, type Static } from 'typebox'
import { nextCursorProperty } from './pagination.ts'

export const userSchema = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  name: Type.String(),
})

export const userListSchema = Type.Object({
  users: Type.Array(userSchema),
  ...nextCursorProperty,
})

export type User = Static<typeof userSchema>
export type UserList = Static<typeof userListSchema>
