/**
 * How Node runs what measures, generators and origins: with room for a young generation that is seldom collected, and without
 * threads that collect it, which would stand in the way of the one that keeps the time, on the only core it has.
 */
export const instrumentFlags: readonly string[] = [
  '--single-threaded-gc',
  '--min-semi-space-size=32',
  '--max-semi-space-size=32',
]
