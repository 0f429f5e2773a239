/** The keys of session tickets (RFC 5077 §4, RFC 8446 §4.6.1), shared by all processes that answer on one port. */
import { hkdfSync, randomBytes } from 'node:crypto'

/** Name, HMAC key and AES key, 16 octets each. */
const ticketKeyBytes = 48

/** Keeps sessions of this edge from being taken for those of another server with the same keys. At most 32 octets. */
export const sessionIdContext = 'roundtrip-edge'

export const newTicketKeys = (): Buffer => randomBytes(ticketKeyBytes)

/**
 * The keys for those who vouch for clients at the moment: a session carries the client's verified certificate along, and must
 * end with the trust in it. All processes come to the same ones, with no word between them.
 *
 * @param clientAuthorities PEM; undefined where clients are asked for no certificate
 */
export const ticketKeysFor = (keys: Buffer, clientAuthorities: string | undefined): Buffer =>
  clientAuthorities === undefined
    ? keys
    : Buffer.from(hkdfSync('sha256', keys, clientAuthorities, sessionIdContext, ticketKeyBytes))

export interface TicketKeyRotation {
  readonly current: () => Buffer
  readonly stop: () => void
}

export interface TicketKeyRotationOptions {
  readonly rotationMs: number
  /** Called with each new set, not with the first one. */
  readonly onRotated: (keys: Buffer) => void
  /** Calls back again and again. @returns how to stop; node's timers by default */
  readonly schedule?: (work: () => void, everyMs: number) => () => void
}

/**
 * Makes new keys from time to time, so that a stolen one opens only the sessions of one period.
 *
 * There is no overlap: a client whose ticket was made with the set before pays one full handshake. OpenSSL would ask a
 * callback which keys open a ticket, but node's public interface (`setTicketKeys`, `ticketKeys`) takes one set of 48
 * octets for each server and leaves that callback to its internals. A second server with the old set would make its
 * new tickets with the old set too, and so only put the full handshake off.
 */
export const rotateTicketKeys = (options: TicketKeyRotationOptions): TicketKeyRotation => {
  const { rotationMs, onRotated, schedule = every } = options
  let keys = newTicketKeys()
  const stop = schedule(() => {
    keys = newTicketKeys()
    onRotated(keys)
  }, rotationMs)
  return { current: () => keys, stop }
}

const every = (work: () => void, everyMs: number): (() => void) => {
  const timer = setInterval(work, everyMs).unref()
  return () => clearInterval(timer)
}
