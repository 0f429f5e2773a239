/** The cart of a request: of the account that has signed in, or else of the visitor whose cookie it carries. */
import type { Cart } from '@roundtrip/contracts'
import type { Database, Queryable } from '@roundtrip/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isCartToken, newCartToken, visitorOf, type CartOwner } from '../shop/cart-owner.ts'
import { abandonedCartSeconds, adoptCart, findCart, noCart, openCart } from '../shop/carts.ts'
import { readCookie, writeCookie } from './cookies.ts'
import { cartEtag, requireMatch } from './etag.ts'
import { readFor } from './read-for.ts'
import { shopperOf } from './shopper.ts'
import { visitOf } from './visit.ts'
import { writeFor } from './write-for.ts'

const cartCookie = '__Host-cart'

export type CartChange = (transaction: Queryable, cartId: string) => Promise<void>

export interface CartAccess {
  /** Undefined for a visitor who has never put anything in. @throws what the database throws, and `shopperOf` */
  ownerOf(request: FastifyRequest, reply: FastifyReply): Promise<CartOwner | undefined>
  /** @throws as `ownerOf` */
  show(request: FastifyRequest, reply: FastifyReply): Promise<Cart>
  /** @throws RoundtripError `PRECONDITION_FAILED` when If-Match means another state; what `change` throws; as `ownerOf` */
  change(request: FastifyRequest, reply: FastifyReply, change: CartChange): Promise<Cart>
}

export const createCartAccess = (database: Database): CartAccess => {
  /** What a visitor has put in before signing in comes along, with the first request after it that is about the cart. */
  const bringAlong = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const [account, token] = [accountOwnerOf(request), tokenOf(request)]
    if (account === undefined || token === undefined) return
    const work = (transaction: Queryable) => adoptCart(transaction, visitorOf(token), account)
    await writeFor(visitOf(request), database, work, 'visitor')
    writeCookie(reply, cartCookie, { value: '', maxAgeSeconds: 0 })
  }

  return {
    ownerOf: async (request, reply) => {
      await bringAlong(request, reply)
      return ownerOf(request)
    },
    show: async (request, reply) => {
      const owner = ownerOf(request)
      if (owner === undefined) return noCart
      await bringAlong(request, reply).catch((error: unknown) => {
        // While nothing can be written, what the account has can still be looked at.
        request.log.warn({ error }, 'what a visitor had in the cart could not be brought along yet')
      })
      return readFor(visitOf(request), database, (queryable) => findCart(queryable, owner))
    },
    change: async (request, reply, change) => {
      await bringAlong(request, reply)
      const account = accountOwnerOf(request)
      const token = tokenOf(request) ?? newCartToken()
      const work = async (transaction: Queryable): Promise<Cart> => {
        const owner = account ?? visitorOf(token)
        const { id, cart } = await openCart(transaction, owner)
        requireMatch(request, reply, cartEtag(cart))
        await change(transaction, id)
        return findCart(transaction, owner)
      }
      const { value } = await writeFor(visitOf(request), database, work, 'visitor')
      // Written anew each time: the cookie lives as long as the cart does.
      if (account === undefined) writeCookie(reply, cartCookie, { value: token, maxAgeSeconds: abandonedCartSeconds })
      return value
    },
  }
}

const tokenOf = (request: FastifyRequest): string | undefined => {
  const token = readCookie(request, cartCookie)
  return token !== undefined && isCartToken(token) ? token : undefined
}

const accountOwnerOf = (request: FastifyRequest): CartOwner | undefined => {
  const account = shopperOf(request)
  return account && { kind: 'account', userId: account.id }
}

const ownerOf = (request: FastifyRequest): CartOwner | undefined => {
  const token = tokenOf(request)
  return accountOwnerOf(request) ?? (token === undefined ? undefined : visitorOf(token))
}
