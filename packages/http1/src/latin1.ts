/** Text on the wire is one octet a character; node's own methods for that, without a look at the encoding's name each time. */

/** On every Buffer, though its types do not tell. */
interface Latin1Buffer extends Buffer {
  latin1Slice(start: number, end: number): string
  latin1Write(text: string, offset: number): number
}

export const readLatin1 = (octets: Buffer, start: number, end: number): string =>
  (octets as Latin1Buffer).latin1Slice(start, end)

/** @returns octets written */
export const writeLatin1 = (octets: Buffer, text: string, offset: number): number =>
  (octets as Latin1Buffer).latin1Write(text, offset)
