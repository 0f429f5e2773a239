/** What app tells the edges to forget: the shared log of purges, and the surrogate keys of the catalogue. */

/** The stream in the edges' Redis that every edge follows. Each entry has one field, `entry`: a `PurgeNote` in JSON. */
export const purgeLogKey = 'roundtrip:edge:purges'

/** Entries kept; an edge that was away for longer empties its cache. */
export const purgeLogMaxEntries = 10_000

/** A purge by surrogate keys, as it stands in the log. */
export interface PurgeNote {
  /** Names who sends it. */
  readonly from: string
  /** Of this sender, from 1, each once: an edge that has heard this very one drops it when it comes again. */
  readonly sequence: number
  readonly command: { readonly surrogateKeys: readonly string[] }
}

/** Values of Surrogate-Key. */
export const purgeKeys = {
  /** Whatever shows products: for operators. */
  catalogue: 'products',
  /** Whatever shows several. */
  lists: 'product-lists',
  /** Whatever shows this one. */
  product: (id: number): string => `product-${id}`,
} as const
