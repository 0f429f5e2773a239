/** The peer's SETTINGS (RFC 9113 §6.5.2): what of it a server needs. */
import { defaultFrameBytes, defaultWindowBytes, maxWindowBytes, setting } from './frame-types.ts'
import { ConnectionError } from './protocol-error.ts'

const settingBytes = 6
const defaultTableBytes = 4096
const maxFrameSize = 2 ** 24 - 1

export class PeerSettings {
  initialWindowBytes = defaultWindowBytes
  /** The table that our encoder does not use is larger than the client wants it; the next field block has to say otherwise. */
  #mustShrinkTable = false
  #hasShrunk = false

  /** Whether the next field block must begin with an update of the table's size to nothing. */
  get mustShrinkTable(): boolean {
    return this.#mustShrinkTable
  }

  /** The update is out; a table of no size cannot be asked to shrink again. */
  noteTableShrunk(): void {
    this.#mustShrinkTable = false
    this.#hasShrunk = true
  }

  /** @throws ConnectionError when a value is out of its range */
  apply(source: Buffer, start: number, end: number): void {
    if ((end - start) % settingBytes !== 0) throw new ConnectionError('FRAME_SIZE_ERROR', 'a broken SETTINGS frame')
    for (let offset = start; offset < end; offset += settingBytes) {
      this.#applyOne(source.readUInt16BE(offset), source.readUInt32BE(offset + 2))
    }
  }

  #applyOne(id: number, value: number): void {
    if (id === setting.INITIAL_WINDOW_SIZE) {
      if (value > maxWindowBytes) throw new ConnectionError('FLOW_CONTROL_ERROR', 'an initial window out of range')
      this.initialWindowBytes = value
    } else if (id === setting.HEADER_TABLE_SIZE) {
      // RFC 7541 §4.2: decoders wait for the update, even of a table that was never used.
      if (value < defaultTableBytes && !this.#hasShrunk) this.#mustShrinkTable = true
    } else if (id === setting.ENABLE_PUSH && value > 1) {
      throw new ConnectionError('PROTOCOL_ERROR', 'ENABLE_PUSH is neither 0 nor 1')
    } else if (id === setting.MAX_FRAME_SIZE && (value < defaultFrameBytes || value > maxFrameSize)) {
      throw new ConnectionError('PROTOCOL_ERROR', 'MAX_FRAME_SIZE out of range')
    }
  }
}
