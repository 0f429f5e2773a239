/** Domain names in presentation form and as labels (RFC 1035 §2.3.4, §3.1, §5.1; RFC 4343 on case). */
import { RoundtripError } from '@roundtrip/errors'

declare const nameBrand: unique symbol

/**
 * An absolute domain name such as `www.roundtrip.test.`; the root is `.`. Every octet that is not a letter, digit or
 * harmless sign is written `\DDD`, dots inside a label included, so that each `.` in the text is a label boundary.
 * Case is kept; compare with `sameName`, or by `canonicalName`.
 */
export type Name = string & { readonly [nameBrand]: true }

/** Octets of a label; 63 is what the six length bits can say. */
const maxLabelBytes = 63
/** Octets of a whole name on the wire, length octets and root included. */
const maxNameBytes = 255

export const rootName = '.' as Name

/** Octets that mean something in a zone file, or cannot be seen, are written `\DDD`. */
const plainLabel = /^[!#%&'*+,\-/0-9:<=>?A-Z[\]^_`a-z{|}~]*$/

/**
 * A name from its labels, leftmost first; each character of a label is one octet (Latin-1).
 *
 * @throws RoundtripError `DNS_NAME_INVALID` for an empty label, one over 63 octets, or a name over 255.
 */
export const nameFromLabels = (labels: readonly string[]): Name => {
  if (labels.length === 0) return rootName
  let nameBytes = 1
  let text = ''
  for (const label of labels) {
    if (label.length === 0) throw invalid('has an empty label: expected at least one character between dots')
    if (label.length > maxLabelBytes) throw invalid(`has a label of ${label.length} octets: expected at most 63`)
    nameBytes += label.length + 1
    text += `${escapeLabel(label)}.`
  }
  if (nameBytes > maxNameBytes) throw invalid(`is ${nameBytes} octets long on the wire: expected at most 255`)
  return text as Name
}

/** The labels of a name, leftmost first; each character is one octet. The root has none. */
export const labelsOf = (name: Name): string[] => {
  if (name === rootName) return []
  const labels = name.slice(0, -1).split('.')
  return name.includes('\\') ? labels.map(unescapeLabel) : labels
}

/**
 * Reads a name as people write it. `\.` is a dot inside a label, `\DDD` any octet by its decimal value.
 *
 * @param origin what a name without a final dot is relative to; the root by default
 * @throws RoundtripError `DNS_NAME_INVALID`
 */
export const parseName = (text: string, origin: Name = rootName): Name => {
  if (text === '.') return rootName
  if (text === '') throw invalid('is empty: expected a name such as www.roundtrip.test')
  const labels = ['']
  let position = 0
  while (position < text.length) {
    const character = text.charAt(position)
    if (character === '.') {
      labels.push('')
      position += 1
      continue
    }
    const { octet, length } = octetAt(text, position)
    labels[labels.length - 1] += octet
    position += length
  }
  const isAbsolute = labels.at(-1) === ''
  return nameFromLabels(isAbsolute ? labels.slice(0, -1) : [...labels, ...labelsOf(origin)])
}

/** Case folded, ASCII only (RFC 4343 §3.2): the key under which a name is stored. */
export const canonicalName = (name: Name): Name => name.toLowerCase() as Name

/** Equal but for the case of ASCII letters. */
export const sameName = (one: Name, other: Name): boolean => canonicalName(one) === canonicalName(other)

/** The name without its leftmost label; undefined for the root. */
export const parentOf = (name: Name): Name | undefined => {
  if (name === rootName) return undefined
  return (name.slice(name.indexOf('.') + 1) || rootName) as Name
}

/** Whether a name is the ancestor itself or lies below it. */
export const isWithin = (name: Name, ancestor: Name): boolean => {
  if (ancestor === rootName) return true
  const [inner, outer] = [canonicalName(name), canonicalName(ancestor)]
  return inner === outer || inner.endsWith(`.${outer}`)
}

const invalid = (problem: string): RoundtripError =>
  new RoundtripError('DNS_NAME_INVALID', `The domain name ${problem}.`)

const decimal = (octet: string): string => `\\${String(octet.charCodeAt(0)).padStart(3, '0')}`

const escapeLabel = (label: string): string => {
  if (plainLabel.test(label)) return label
  return Array.from(label, (octet) => (plainLabel.test(octet) ? octet : decimal(octet))).join('')
}

const unescapeLabel = (label: string): string =>
  label.replaceAll(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number(digits)))

/** The octet that starts at a position of presentation text, and how many characters it takes there. */
const octetAt = (text: string, position: number): { octet: string; length: number } => {
  const character = text.charAt(position)
  if (character !== '\\') {
    if (!/[!-~]/.test(character)) {
      throw invalid(
        `has the character ${JSON.stringify(character)}: expected ASCII without spaces (write an international name in its xn-- form)`,
      )
    }
    return { octet: character, length: 1 }
  }
  const digits = /^\d{3}/.exec(text.slice(position + 1))?.[0]
  if (digits !== undefined && Number(digits) <= 255) return { octet: String.fromCharCode(Number(digits)), length: 4 }
  const escaped = text.charAt(position + 1)
  if (!/[!-/:-~]/.test(escaped)) throw invalid('has a bad escape: expected \\ and one sign, or \\000 to \\255')
  return { octet: escaped, length: 2 }
}
