/** A slug from a name: what is left of it in a path without escaping. */

const maxLength = 80

export const slugOf = (name: string): string => {
  const plain = name
    .normalize('NFKD') // Splits accents off their letters; the next step drops them.
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
  return plain.slice(0, maxLength).replaceAll(/^-+|-+$/g, '') || 'product'
}
