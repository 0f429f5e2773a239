/** Where an instance listens, in as few columns as will do. */
import type { StatusRow } from '@roundtrip/stack'

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'))
const portOf = (address: string): string => address.slice(address.lastIndexOf(':'))

/** `127.0.0.1:8101`, `127.0.0.1:5300 udp+tcp`, `127.0.0.1:8443 https, :8080 http`; empty for what does not listen. */
export const addressText = (addresses: StatusRow['addresses']): string => {
  const entries = Object.entries(addresses)
  const [first] = entries
  if (first === undefined) return ''
  const [purpose, address] = first
  if (entries.length === 1) return purpose === 'dns' ? `${address} udp+tcp` : address
  return entries
    .map(([name, other], index) => {
      const isSameHost = index > 0 && hostOf(other) === hostOf(address)
      return `${isSameHost ? portOf(other) : other} ${name}`
    })
    .join(', ')
}

/** With what a database server is now, whatever it is called: `127.0.0.1:15432 primary`. */
export const addressAndRole = ({ addresses, role }: Pick<StatusRow, 'addresses' | 'role'>): string =>
  [addressText(addresses), role ?? []].flat().join(' ')
