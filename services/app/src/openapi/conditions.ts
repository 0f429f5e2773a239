/** Conditions of requests (RFC 9110 §13.1), as the description of the API has them. */
import { Type } from 'typebox'

const ifMatch = Type.Optional(
  Type.String({ description: 'the ETag of the state that is meant, or * for whichever there is' }),
)
const ifNoneMatch = Type.Optional(
  Type.String({ description: 'ETags of states that you have: 304 when it is one of them' }),
)

/** Of reads. */
export const readConditions = Type.Object({ 'if-none-match': ifNoneMatch })

/** Of changes. */
export const changeConditions = Type.Object({ 'if-match': ifMatch })

/** Of what either replaces or restores. */
export const putConditions = Type.Object({
  'if-match': ifMatch,
  'if-none-match': Type.Optional(Type.String({ description: '* to restore what was deleted, and only that' })),
})
