/** Bytes in, whole lines out; a line beyond the cap is cut rather than gathered without bound. */
import { StringDecoder } from 'node:string_decoder'

const maxLineLength = 64 * 1024

/** Calls `onLine` per line without its newline; `end` gives the last, unfinished one. */
export const lineSplitter = (onLine: (line: string) => void): { push(chunk: Buffer): void; end(): void } => {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    push(chunk) {
      const parts = (rest + decoder.write(chunk)).split('\n')
      rest = (parts.pop() ?? '').slice(0, maxLineLength)
      for (const part of parts) onLine(part.slice(0, maxLineLength))
    },
    end() {
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}
