/** The bodies that are asked for: known to the origin and to who checks the answers. */
const sizes: Readonly<Record<string, number>> = { '1k': 1024, '100k': 102_400 }

/** @param path ends with the name of its size @throws TypeError for a size that nobody named */
export const bodyFor = (path: string): Buffer => {
  const bytes = sizes[path.slice(path.lastIndexOf('/') + 1)]
  if (bytes === undefined) throw new TypeError(`${path} names none of the sizes ${Object.keys(sizes).join(', ')}`)
  const body = Buffer.alloc(bytes)
  // Any sequence will do that shows what is missing, doubled or out of place.
  for (let index = 0; index < bytes; index += 1) body[index] = 32 + ((index * 31 + (index >> 8)) % 95)
  return body
}
