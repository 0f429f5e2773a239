/** Which passwords may be chosen (NIST SP 800-63B §5.1.1.2, OWASP ASVS 4.0.3 V2.1): any long one that is not a guess. */
import { RoundtripError } from '@roundtrip/errors'
import { commonStems } from './common-passwords.ts'
import { normalized } from './password-hash.ts'

/** Unicode code points after normalization; ASVS 2.1.1 and 2.1.2. */
export const minPasswordLength = 12
export const maxPasswordLength = 128

/** What an attacker knows of this very account. */
export interface Owner {
  readonly email: string
  readonly name?: string | undefined
}

const lookalikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
  '€': 'e',
  '+': 't',
}

/** Only letters: `P@ssw0rd-2024!` is `password`. */
const plain = (text: string): string =>
  text
    .replace(/^[\d\p{P}\p{S}\s]+/u, '')
    .replace(/[\d\p{P}\p{S}\s]+$/u, '')
    .replaceAll(/[^\p{L}]/gu, (sign) => lookalikes[sign] ?? '')

/** Made of very few different characters, or of one short piece again and again. */
const isRepetitive = (text: string): boolean => new Set(text).size < 5 || /^(.{1,4})\1+.{0,3}$/u.test(text)

const rows = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
]
const paths = rows.flatMap((row) => [row, Array.from(row).toReversed().join('')]).map((row) => row.repeat(3))
const isSequence = (text: string): boolean => text.length >= 6 && paths.some((path) => path.includes(text))

/** One word, or one word twice. */
const isCommon = (letters: string): boolean => {
  const half = letters.slice(0, letters.length / 2)
  return commonStems.has(letters) || (half.repeat(2) === letters && commonStems.has(half))
}

/** Two of the commonest in a row are still the commonest. */
const isTwoCommon = (letters: string): boolean => {
  for (let at = 3; at <= letters.length - 3; at++) {
    if (commonStems.has(letters.slice(0, at)) && commonStems.has(letters.slice(at))) return true
  }
  return false
}

const isAboutOwner = (letters: string, { email, name = '' }: Owner): boolean => {
  const known = [email, email.split('@')[0] ?? '', name, ...name.split(/\s+/)].map((one) => plain(one.toLowerCase()))
  return known.some((one) => one.length >= 3 && (letters === one || letters === one.repeat(2)))
}

const isGuessable = (password: string, owner: Owner): boolean => {
  const lower = password.toLowerCase()
  const letters = plain(lower)
  if (isRepetitive(lower) || isSequence(lower) || isSequence(letters) || isCommon(letters) || isTwoCommon(letters))
    return true
  // Digits and signs alone are dates and numbers until they are long.
  return isAboutOwner(letters, owner) || (letters === '' && lower.length < 16)
}

/** No rules about kinds of characters: they make passwords worse. @throws RoundtripError `PASSWORD_REFUSED` */
export const requireGoodPassword = (password: string, owner: Owner): void => {
  const form = normalized(password)
  const { length } = Array.from(form)
  if (length < minPasswordLength || length > maxPasswordLength) {
    throw new RoundtripError(
      'PASSWORD_REFUSED',
      `A password has ${minPasswordLength} to ${maxPasswordLength} characters; a few words in a row are easy to remember.`,
    )
  }
  if (isGuessable(form, owner)) throw new RoundtripError('PASSWORD_REFUSED')
}
