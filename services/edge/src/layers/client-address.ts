/** Who the client is when proxies of ours stand before the edge (RFC 7239 §8): believed is only what a trusted hop said. */
import { setting } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import {
  dropForwarding,
  problemResponse,
  setForwarding,
  type HttpContext,
  type HttpLayer,
  type HttpRequest,
  type HttpResponse,
} from '@roundtrip/http'
import { Type, type Static } from 'typebox'
import { AddressSet } from '../addresses/address-set.ts'
import { parseForwarded, parseForwardedFor, type ForwardedElement } from './forwarded-elements.ts'

export const clientAddressSettings = Type.Object(
  {
    trustedHops: setting.list({
      description: 'addresses and CIDR blocks of the proxies before the edge; none when empty',
      default: [],
    }),
    forwardingField: setting.choice(['x-forwarded-for', 'forwarded'], {
      description: 'field in which they name the client; the other is dropped, since a client may have sent it',
      default: 'x-forwarded-for',
    }),
  },
  { additionalProperties: false },
)

export type ClientAddressSettings = Readonly<Static<typeof clientAddressSettings>>

/** More hops than any chain of ours has. */
const maxHops = 16

interface Walk {
  readonly client: string
  /** From the client to the hop before the one that is connected to us. */
  readonly chain: readonly string[]
  /** As the hop that named the client said. */
  readonly scheme: 'http' | 'https' | undefined
}

/**
 * From the right, as long as whoever added an element is trusted. A node without an address (unknown, obfuscated,
 * malformed) ends the walk: the last trusted hop then stands for the client, which can so hide, but not pretend.
 */
const walk = (elements: readonly ForwardedElement[], address: string, trusted: AddressSet): Walk => {
  const chain: string[] = []
  let client = address
  let scheme: Walk['scheme']
  const end = Math.max(0, elements.length - maxHops)
  for (let i = elements.length - 1; i >= end && trusted.has(client); i--) {
    const element = elements[i]
    scheme = element?.scheme ?? scheme
    if (element?.address === undefined) break
    client = element.address
    chain.unshift(client)
  }
  return { client, chain, scheme }
}

/** By itself, as what logs and explains failures is told here who asks. */
const refuse = ({ requestId, downstream, log }: HttpContext): HttpResponse => {
  const error = new RoundtripError('BAD_REQUEST', 'The Forwarded field has a quote that is open or out of place.')
  log.info({ requestId, client: downstream.address, code: error.code }, `request refused: ${error.message}`)
  return problemResponse(error, requestId)
}

const elementsOf = (
  { fields }: HttpRequest,
  field: ClientAddressSettings['forwardingField'],
): ForwardedElement[] | undefined =>
  field === 'forwarded'
    ? parseForwarded(fields.get('forwarded') ?? '')
    : parseForwardedFor(fields.get('x-forwarded-for') ?? '', fields.get('x-forwarded-proto') ?? '')

/**
 * Sets `context.client`, and the scheme of a request whose TLS ended at a trusted hop. What is left of the forwarding
 * fields is what is believed; `forwarding` appends to it.
 *
 * What trusted hops say must have one meaning: else the answer is 400, as nobody knows in whose name a rule would let it
 * pass.
 *
 * @throws RoundtripError `SETTINGS_INVALID`
 */
export const clientAddress = ({ trustedHops, forwardingField }: ClientAddressSettings): HttpLayer => {
  const trusted = new AddressSet(trustedHops, 'trustedHops')
  return (next) => (request, context) => {
    const { address } = context.downstream
    if (!trusted.has(address)) {
      dropForwarding(request.fields)
      return next(request, context)
    }
    const elements = elementsOf(request, forwardingField)
    if (elements === undefined) return refuse(context)
    const { client, chain, scheme = request.scheme } = walk(elements, address, trusted)
    setForwarding(request.fields, chain)
    context.client = client
    return next(scheme === request.scheme ? request : { ...request, scheme }, context)
  }
}
