/** Functions of few different texts that come again and again, such as the fields of requests. */
import { ownCopy } from './own-copy.ts'

/** Clients may send any text: whoever sends others all the time makes us forget, not grow. */
const usualMost = 256

/** A text longer than this is worked out anew each time; no usual one is. */
const longestText = 256

/**
 * The same function, its results remembered.
 * @param compute depends on the text alone, which is made of octets; never undefined
 * @param most how many texts are remembered at once
 */
export const remembered = <T>(compute: (text: string) => T, most = usualMost): ((text: string) => T) => {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const value = compute(text)
    if (text.length > longestText) return value
    if (known.size >= most) known.clear()
    known.set(ownCopy(text), value)
    return value
  }
}
