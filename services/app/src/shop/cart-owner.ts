/** Whose cart it is: an account's, or a visitor's who shows a token that only they know. */
import { createHash, randomBytes } from 'node:crypto'

export type CartOwner =
  | { readonly kind: 'account'; readonly userId: string }
  /** SHA-256 of the token, which is too random to be guessed from it. */
  | { readonly kind: 'visitor'; readonly tokenHash: Buffer }

/** 128 bits: nobody finds one by trying. */
const tokenBytes = 16
const tokenPattern = /^[\w-]{22}$/

export const newCartToken = (): string => randomBytes(tokenBytes).toString('base64url')

export const isCartToken = (text: string): boolean => tokenPattern.test(text)

export const visitorOf = (token: string): CartOwner => ({
  kind: 'visitor',
  tokenHash: createHash('sha256').update(token).digest(),
})

/** A name for the owner, equal for nobody else: what belongs to a cart is kept apart by it. */
export const ownerName = (owner: CartOwner): string =>
  owner.kind === 'account' ? `account:${owner.userId}` : `cart:${owner.tokenHash.toString('base64url')}`
