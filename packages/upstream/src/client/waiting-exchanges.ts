/**
 * Exchanges that wait for a connection, in their order. Those whose content is still arriving stand in a line of their own:
 * it is their clients who decide how long they hold a connection, so that they get a share of all, and nobody waits behind them.
 */
import type { Exchange } from './exchange.ts'
import { announcedBytes } from './forwarded-request.ts'

/** Of what there is, for exchanges whose content is still arriving. At least one. */
export const uploadShare = (count: number): number => Math.ceil(count / 2)

/** Whether octets of the content are still to come. Of one without a Content-Length nobody knows before its end was read. */
export const isArriving = ({ request: { body, fields } }: Exchange): boolean =>
  body !== undefined && !body.readableEnded && body.readableLength < (announcedBytes(fields) ?? Infinity)

export class WaitingExchanges {
  #ready: Exchange[] = []
  #uploads: Exchange[] = []

  get size(): number {
    return this.#ready.length + this.#uploads.length
  }

  /** Those whose content is still arriving. */
  get uploads(): number {
    return this.#uploads.length
  }

  /** How many may have a connection, of those whose content is still arriving so many. */
  eligible(uploadRoom: number): number {
    return this.#ready.length + Math.max(0, Math.min(this.#uploads.length, uploadRoom))
  }

  add(exchange: Exchange, isUpload: boolean): void {
    ;(isUpload ? this.#uploads : this.#ready).push(exchange)
  }

  /** Takes the one that has waited longest. @param mayUpload whether it may be one whose content is still arriving */
  next(mayUpload: boolean): Exchange | undefined {
    const ready = this.#ready[0]
    const upload = mayUpload ? this.#uploads[0] : undefined
    const isUploadFirst = (upload?.queueDeadlineMs ?? Infinity) < (ready?.queueDeadlineMs ?? Infinity)
    return (isUploadFirst ? this.#uploads : this.#ready).shift()
  }

  remove(exchange: Exchange): void {
    for (const line of [this.#ready, this.#uploads]) {
      const at = line.indexOf(exchange)
      if (at !== -1) line.splice(at, 1)
    }
  }

  /** Takes all. */
  clear(): Exchange[] {
    const all = [...this.#ready, ...this.#uploads]
    this.#ready = []
    this.#uploads = []
    return all
  }

  /** Those whose content has come meanwhile wait like the others. */
  promote(): void {
    if (this.#uploads.length === 0) return
    this.#ready.push(...this.#uploads.filter((exchange) => !isArriving(exchange)))
    this.#uploads = this.#uploads.filter(isArriving)
  }

  overdue(nowMs: number): { readonly ready: Exchange[]; readonly uploads: Exchange[] } {
    const isOverdue = (one: Exchange): boolean => nowMs >= Math.min(one.queueDeadlineMs, one.totalDeadlineMs)
    return { ready: this.#ready.filter(isOverdue), uploads: this.#uploads.filter(isOverdue) }
  }
}
