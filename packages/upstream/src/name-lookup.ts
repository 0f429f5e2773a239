/** Host names of next hops to addresses, one lookup at a time for each name: what `net.connect` takes as `lookup`. */
import { ADDRCONFIG, type LookupAddress } from 'node:dns'
import { lookup as getAddressInfo } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { callbackify } from 'node:util'

/** All addresses of a name, best first. Rejects when there are none. */
export type ResolveName = (name: string) => Promise<readonly LookupAddress[]>

export interface NameLookupOptions {
  /** The operating system by default, as `net.connect` asks it. */
  readonly resolve?: ResolveName
  /** Milliseconds, never going back; default `performance.now`. */
  readonly clock?: () => number
}

/** How long an answer stands, a failure too: moved names are followed at once, yet a burst of connections asks once. */
export const keepMs = 1000

interface Entry {
  readonly answer: Promise<readonly LookupAddress[]>
  /** Infinity while the lookup is under way. */
  expiresAtMs: number
}

const askSystem: ResolveName = (name) => getAddressInfo(name, { all: true, hints: ADDRCONFIG })

/**
 * Each lookup holds a thread of libuv's small pool (getaddrinfo(3) blocks), for seconds when no name server answers. If
 * every connection asked for itself, one dead name would keep all other names waiting, and with them the health checks.
 */
export const nameLookup = ({
  resolve = askSystem,
  clock = () => performance.now(),
}: NameLookupOptions = {}): LookupFunction => {
  const entries = new Map<string, Entry>()
  const ask = (name: string): Entry => {
    const entry: Entry = { answer: resolve(name), expiresAtMs: Infinity }
    const keep = (): void => void (entry.expiresAtMs = clock() + keepMs)
    entry.answer.then(keep, keep)
    entries.set(name, entry)
    return entry
  }
  const addressesOf = callbackify(async (name: string) => {
    const kept = entries.get(name)
    return (kept !== undefined && clock() < kept.expiresAtMs ? kept : ask(name)).answer
  })
  return (name, { all = false, family }, done) =>
    addressesOf(name, (error, addresses) => {
      if (error !== null) return done(error, '')
      const usable = addresses.filter((address) => isOfFamily(address, family))
      const [first] = usable
      if (first === undefined) done(notFound(name), '')
      else if (all) done(null, usable)
      else done(null, first.address, first.family)
    })
}

const isOfFamily = (address: LookupAddress, family: number | 'IPv4' | 'IPv6' = 0): boolean =>
  family === 0 || family === address.family || family === `IPv${address.family}`

const notFound = (hostname: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${hostname} has no address of the wanted family`), { code: 'ENOTFOUND', hostname })
