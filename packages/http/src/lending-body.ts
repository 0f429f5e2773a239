/**
 * Bodies whose chunks go back to where they came from once they have been written. Content that streams through would
 * otherwise be garbage by the hundred megabytes a second, and V8 collects it with full collections.
 */
import type { Readable } from 'node:stream'

export interface LendingBody extends Readable {
  /**
   * Only for the one reader of this very stream, once nobody holds the chunk any more: its memory is written over. A
   * reader that keeps chunks, or hands them on, gives none back; they are then collected like any others.
   */
  giveBack(chunk: Uint8Array): void
}

export const isLending = (body: Readable): body is LendingBody => 'giveBack' in body
