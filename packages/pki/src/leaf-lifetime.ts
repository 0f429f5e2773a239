/** How long leaves are valid where nobody says otherwise. */

/** One day, in milliseconds: a lost key is worth little, and a renewal that fails shows while there is time to mend it. */
export const defaultLeafLifetimeMs = 86_400_000
