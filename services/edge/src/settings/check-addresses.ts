/** Holds every list of addresses against what an address is, so that a slip is told with its line, not by a layer that knows of none. */
import type { Place, Report } from '@roundtrip/config'
import { isAddressBlock } from '../addresses/address-set.ts'
import type { EdgeFile } from './edge-file.ts'

type Path = Place['path']

/** Every list of addresses and CIDR blocks in the file. */
const listsOf = (file: EdgeFile): readonly (readonly [path: Path, blocks: readonly string[]])[] => [
  [['clientAddress', 'trustedHops'], file.clientAddress.trustedHops],
  [['purgeFrom'], file.purgeFrom],
  [['limits', 'connections', 'proxyProtocol', 'trusted'], file.limits.connections.proxyProtocol.trusted],
  ...file.routes.flatMap(({ access }, index): (readonly [Path, readonly string[]])[] => [
    [['routes', index, 'access', 'allow'], access.allow],
    [['routes', index, 'access', 'deny'], access.deny],
  ]),
]

export const checkAddresses = (file: EdgeFile, report: Report): void => {
  for (const [path, blocks] of listsOf(file)) {
    for (const [index, block] of blocks.entries()) {
      if (isAddressBlock(block)) continue
      report({ path: [...path, index], isKey: false }, `${block} is no address and no block such as 10.0.0.0/8`)
    }
  }
}
