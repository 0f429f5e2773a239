/** Crockford's base32: for what people read, type and paste; no letter that looks like a digit, nothing that a double click splits. */

const digits = '0123456789abcdefghjkmnpqrstvwxyz'
const bitsPerDigit = 5

/** Lower case, without padding: 256 bits are 52 characters. */
export const toBase32 = (bytes: Uint8Array): string => {
  let text = ''
  let pending = 0
  let pendingBits = 0
  for (const byte of bytes) {
    pending = (pending << 8) | byte
    pendingBits += 8
    while (pendingBits >= bitsPerDigit) {
      pendingBits -= bitsPerDigit
      text += digits[(pending >> pendingBits) & 31]
    }
    pending &= (1 << pendingBits) - 1
  }
  return pendingBits === 0 ? text : text + digits[(pending << (bitsPerDigit - pendingBits)) & 31]
}

/** What people make of it when they type: capitals, groups, and letters that look like digits. */
export const asTyped = (text: string): string =>
  text.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll(/[il]/g, '1').replaceAll('o', '0')
