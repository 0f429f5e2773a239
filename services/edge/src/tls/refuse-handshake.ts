/** Ends a handshake before it has begun, with a fatal alert in plain text (RFC 8446 §6, RFC 5246 §7.2). */
import type { Socket } from 'node:net'

/** No certificate has the name that was asked for (RFC 6066 §3); none was asked for where one must be (RFC 8446 §9.2). */
const description = { unrecognized_name: 112, missing_extension: 109 } as const

export type Refusal = keyof typeof description

const alertRecord = 21
const fatal = 2

/** The client hears why and ends its side; one that does not is left to whoever watches the time of handshakes. */
export const refuseHandshake = (socket: Socket, why: Refusal): void => {
  socket.end(Buffer.from([alertRecord, 3, 3, 0, 2, fatal, description[why]]))
  // What is read no more would make the kernel take the alert back.
  socket.resume()
}
