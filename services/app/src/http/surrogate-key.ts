/** Surrogate-Key: what an answer shows, so that our edges can be told to forget it when that changes. They keep the field to themselves. */
import { purgeKeys } from '@roundtrip/contracts'
import type { FastifyReply } from 'fastify'

interface Shown {
  readonly id: number
}

/** Of what shows one product. */
export const showsProduct = (reply: FastifyReply, { id }: Shown): FastifyReply =>
  reply.header('surrogate-key', `${purgeKeys.catalogue} ${purgeKeys.product(id)}`)

/** Of what shows several: also gone when one is added or removed that might stand among them. */
export const showsProducts = (reply: FastifyReply, products: readonly Shown[]): FastifyReply => {
  const keys = products.map(({ id }) => purgeKeys.product(id))
  return reply.header('surrogate-key', [purgeKeys.catalogue, purgeKeys.lists, ...keys].join(' '))
}
