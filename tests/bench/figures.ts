/** Figures, summed up and written for people. */

export const median = (values: readonly number[]): number => {
  const ascending = values.toSorted((a, b) => a - b)
  const middle = ascending.length / 2
  return ((ascending[Math.ceil(middle) - 1] ?? Number.NaN) + (ascending[Math.floor(middle)] ?? Number.NaN)) / 2
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')

export const percent = (share: number): string => `${Math.round(share * 100)} %`

/** @param share 0.99 for the 99th percentile @param ascending not empty */
export const percentile = (ascending: readonly number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.ceil(ascending.length * share) - 1)] ?? Number.NaN
