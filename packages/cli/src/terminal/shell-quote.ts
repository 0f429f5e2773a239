/** Words as a POSIX shell reads them back. */

const needsNoQuotes = /^[\w@%+=:,./-]+$/

export const shellQuote = (word: string): string =>
  needsNoQuotes.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

export const shellLine = (words: readonly string[]): string => words.map(shellQuote).join(' ')
