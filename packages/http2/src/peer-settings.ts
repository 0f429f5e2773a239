/** The peer's SETTINGS (RFC 9113 §6.5.2): what of it a server needs. */
import { defaultFrameBytes, defaultWindowBytes, maxWindowBytes, setting } from './frame-types.ts'
import { ConnectionError } from './protocol-error.ts'

const settingBytes = 6
const maxFrameSize = 2 ** 24 - 1

export class PeerSettings {
  initialWindowBytes = defaultWindowBytes

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
    } else if (id === setting.ENABLE_PUSH && value > 1) {
      throw new ConnectionError('PROTOCOL_ERROR', 'ENABLE_PUSH is neither 0 nor 1')
    } else if (id === setting.MAX_FRAME_SIZE && (value < defaultFrameBytes || value > maxFrameSize)) {
      throw new ConnectionError('PROTOCOL_ERROR', 'MAX_FRAME_SIZE out of range')
    }
  }
}
