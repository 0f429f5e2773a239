/** Values that many callers share must not be changed by one of them. */

/** Freezes JSON values all the way down; what is frozen already is taken to be so throughout. */
export const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}
