/** The settings that hold at the moment, kept by whoever starts and steers workers. */
import type { EdgeFile } from './edge-file.ts'

/** Settings, and which ones they are: a worker says by the number what it was started with. */
export interface NumberedSettings {
  /** From 0, one more with each reload. */
  readonly number: number
  readonly file: EdgeFile
}

export class SettingsInForce {
  #now: NumberedSettings
  /** Hears of others when all workers have taken them over. */
  onReplaced: (file: EdgeFile) => void = () => undefined

  constructor(file: EdgeFile) {
    this.#now = { number: 0, file }
  }

  get now(): NumberedSettings {
    return this.#now
  }

  replace(file: EdgeFile): void {
    this.#now = { number: this.#now.number + 1, file }
    this.onReplaced(file)
  }
}
