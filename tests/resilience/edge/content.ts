/** Content that says whose it is: no two requests have the same, so an answer to somebody else is told apart byte by byte. */

/** @param id of the request: letters, digits, `-` */
export const contentFor = (id: string, bytes: number): Buffer => Buffer.alloc(bytes, `${id};`)

/** A spread of lengths, from nothing to several TCP segments, the same on every run. */
export const lengthFor = (count: number): number => (count * 7919) % 40_000

export const targetFor = (id: string, bytes: number): string => `/content/${id}/${bytes}`

/** @returns what a target made by `targetFor` asks for; undefined for any other */
export const contentOf = (target: string): Buffer | undefined => {
  const [, kind, id, bytes] = target.split('/')
  return kind === 'content' && id !== undefined ? contentFor(id, Number(bytes)) : undefined
}
