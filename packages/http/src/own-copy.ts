/** Texts to be kept for long, cut out of texts that are not. */

/** A copy that holds on to nothing else: V8's substrings keep the text they were cut from, here a whole message head. Octets only. */
export const ownCopy = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')
