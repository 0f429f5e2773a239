/** Keys that know what stands under them, so that one key cannot be read as two types. */

declare const valueOf: unique symbol

/** Text that stands for a value of type T; any text will do where the type is not to be checked. */
export type CacheKey<T> = string & { readonly [valueOf]?: T }

/**
 * `cacheKey<Product>('product', 7)` is `product:7`. Parts are escaped: no two lists of parts give the same key.
 */
export const cacheKey = <T>(kind: string, ...parts: readonly (string | number)[]): CacheKey<T> =>
  [kind, ...parts].map((part) => (typeof part === 'number' ? part : encodeURIComponent(part))).join(':')
