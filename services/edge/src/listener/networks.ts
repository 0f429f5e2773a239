/** Networks in CIDR notation (RFC 4632), and whether an address is in one of them. */
import { BlockList, isIP } from 'node:net'
import { unmapped } from '@roundtrip/http'
import { RoundtripError } from '@roundtrip/errors'

/** @throws RoundtripError `SETTINGS_INVALID` for what is no address and no network */
export const inNetworks = (setting: string, networks: readonly string[]): ((address: string) => boolean) => {
  if (networks.length === 0) return () => false
  const list = new BlockList()
  for (const network of networks) addNetwork(list, setting, network)
  return (address) => {
    const plain = unmapped(address)
    const version = isIP(plain)
    return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4')
  }
}

const addNetwork = (list: BlockList, setting: string, network: string): void => {
  const [address = '', length, ...rest] = network.split('/')
  const version = isIP(address)
  const bits = version === 6 ? 128 : 32
  const prefix = length === undefined ? bits : Number(length)
  if (version === 0 || rest.length > 0 || !/^\d+$/.test(length ?? '0') || prefix > bits) {
    throw new RoundtripError(
      'SETTINGS_INVALID',
      `${setting}: ${JSON.stringify(network)} is no address or network such as 10.0.0.0/8.`,
    )
  }
  list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4')
}
