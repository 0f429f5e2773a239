/** The server name in a ClientHello (RFC 8446 §4.1.2, RFC 6066 §3), before anybody answers it. */

export interface ClientHello {
  /** Nothing of it is taken: it is OpenSSL that shall read it. */
  readonly length: 0
  /** Undefined where the client names none. */
  readonly serverName: string | undefined
  /** Not for what is no ClientHello, or none that ends: OpenSSL knows the alert for it. */
  readonly isReadable: boolean
}

/** Those of browsers take two KiB, with the keys that are safe against quantum computers. */
const maxHelloBytes = 16_384

const recordHeaderBytes = 5
const messageHeaderBytes = 4
const contentType = { handshake: 22 } as const
const handshakeType = { clientHello: 1 } as const
const serverNameExtension = 0
const hostName = 0
/** Version and random. */
const fixedBytes = 34

const nothing: Buffer = Buffer.alloc(0)

const unreadable: ClientHello = { length: 0, serverName: undefined, isReadable: false }

/** @returns undefined when more octets are needed */
export const parseClientHello = (octets: Buffer): ClientHello | undefined => {
  // Records may part the message anywhere (RFC 8446 §5.1).
  let message = nothing
  for (let at = 0; at < octets.length;) {
    if (octets[at] !== contentType.handshake) return unreadable
    if (at + recordHeaderBytes > octets.length) break
    const next = at + recordHeaderBytes + octets.readUInt16BE(at + 3)
    const fragment = octets.subarray(at + recordHeaderBytes, next)
    message = message.length === 0 ? fragment : Buffer.concat([message, fragment])
    if (message.length > 0 && message[0] !== handshakeType.clientHello) return unreadable
    const end = endOf(message)
    // Early data may stand behind it.
    if (message.length >= end) return read(message.subarray(messageHeaderBytes, end))
    at = next
  }
  return octets.length > maxHelloBytes ? unreadable : undefined
}

const endOf = (message: Buffer): number =>
  message.length < messageHeaderBytes ? Infinity : messageHeaderBytes + message.readUIntBE(1, 3)

const read = (body: Buffer): ClientHello => {
  try {
    return { length: 0, serverName: serverNameOf(body), isReadable: true }
  } catch {
    // Its lengths contradict each other.
    return unreadable
  }
}

/** @throws RangeError when the octets end too early */
const serverNameOf = (body: Buffer): string | undefined => {
  const suites = fixedBytes + 1 + body.readUInt8(fixedBytes)
  const compression = suites + 2 + body.readUInt16BE(suites)
  let at = compression + 1 + body.readUInt8(compression)
  // Extensions may be left out altogether.
  const end = at === body.length ? at : at + 2 + body.readUInt16BE(at)
  for (at += 2; at < end;) {
    const type = body.readUInt16BE(at)
    const next = at + 4 + body.readUInt16BE(at + 2)
    if (type === serverNameExtension) return firstHostName(body, at + 4)
    at = next
  }
  return undefined
}

/** There is one kind of names, and one of each kind at most. */
const firstHostName = (body: Buffer, list: number): string | undefined => {
  if (body.readUInt16BE(list) === 0 || body.readUInt8(list + 2) !== hostName) return undefined
  const start = list + 5
  const end = start + body.readUInt16BE(list + 3)
  if (end > body.length) throw new RangeError('a name that does not end')
  return body.toString('latin1', start, end)
}
