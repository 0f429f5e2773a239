/** Functions of few different texts that come again and again, such as the fields of requests. */
import { ownCopy } from './own-copy.ts'

/** Clients may send any text: whoever sends others all the time makes us forget, not grow. */
const usualMost = 256

/** A text longer than this is worked out anew each time; no usual one is. */
const longestText = 256

interface Result<T> {
  readonly text: string
  readonly value: T
}

/**
 * The same function, its results remembered.
 * @param compute depends on the text alone, which is made of octets; never undefined
 * @param most how many texts are remembered at once
 */
export const remembered = <T>(compute: (text: string) => T, most = usualMost): ((text: string) => T) => {
  const known = new Map<string, Result<T>>()
  // To look up a text that was just read, V8 hashes and interns it; to compare it with the one before costs less.
  let last: Result<T> | undefined
  return (text) => {
    if (text === last?.text) return last.value
    const found = known.get(text)
    if (found !== undefined) {
      last = found
      return found.value
    }
    const value = compute(text)
    if (text.length > longestText) return value
    if (known.size >= most) known.clear()
    last = { text: ownCopy(text), value }
    known.set(last.text, last)
    return value
  }
}
