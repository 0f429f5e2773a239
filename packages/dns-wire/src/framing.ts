/** Messages on a stream: two length octets, then the message (RFC 1035 §4.2.2, RFC 7766 §8). */
import { RoundtripError } from '@roundtrip/errors'

/** Length and message in one piece, so that they leave in one segment (RFC 7766 §8). */
export const frameMessage = (message: Uint8Array): Uint8Array => {
  const frame = Buffer.allocUnsafe(2 + message.length)
  frame.writeUInt16BE(message.length)
  frame.set(message, 2)
  return frame
}

/** Cuts a stream back into messages, however the network has cut it. */
export class FrameReader {
  readonly #maxBytes: number
  #pieces: Uint8Array[] = []
  #length = 0

  /** @param maxBytes of one message */
  constructor(maxBytes = 0xffff) {
    this.#maxBytes = maxBytes
  }

  /** Whether a message has begun and not ended. */
  get isInside(): boolean {
    return this.#length > 0
  }

  /**
   * Takes in what arrived and gives out the messages that are now complete.
   *
   * @throws RoundtripError `DNS_MESSAGE_INVALID` when a message announces more than `maxBytes`
   */
  push(piece: Uint8Array): Uint8Array[] {
    this.#pieces.push(piece)
    this.#length += piece.length
    const messages: Uint8Array[] = []
    for (let announced = this.#announced(); announced !== undefined; announced = this.#announced()) {
      if (announced > this.#maxBytes) {
        throw new RoundtripError(
          'DNS_MESSAGE_INVALID',
          `The DNS message announces ${announced} octets, at most ${this.#maxBytes} are accepted.`,
        )
      }
      if (this.#length < 2 + announced) break
      const all = this.#joined()
      messages.push(all.subarray(2, 2 + announced))
      const rest = all.subarray(2 + announced)
      this.#pieces = rest.length === 0 ? [] : [rest]
      this.#length = rest.length
    }
    return messages
  }

  #announced(): number | undefined {
    if (this.#length < 2) return undefined
    const first = this.#pieces[0]
    return (
      first !== undefined && first.length >= 2 ? Buffer.from(first.buffer, first.byteOffset, 2) : this.#joined()
    ).readUInt16BE()
  }

  /** Joined only when a message is complete, so that one sent octet by octet costs no more than one sent whole. */
  #joined(): Buffer {
    const all = Buffer.concat(this.#pieces)
    this.#pieces = [all]
    return all
  }
}
