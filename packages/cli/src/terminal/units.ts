/** Durations and sizes as people read them. */

/** `320 ms`, `3.4 s`, `12 s`, `4 min 5 s`, `3 h 2 min`, `2 d 1 h`. */
export const duration = (ms: number): string => {
  // The limits are where the rounded number would be one too long for its unit.
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** How long something has lasted, in whole seconds: `7 s`, `4 min 5 s`. */
export const age = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return seconds < 60 ? `${seconds} s` : duration(seconds * 1000)
}

const mebibyte = 2 ** 20

/** `34.1 MiB`, `812 MiB`. */
export const memory = (bytes: number): string => {
  const size = bytes / mebibyte
  return `${size < 100 ? size.toFixed(1) : Math.round(size)} MiB`
}

/** As `memory`, with small ones in KiB: `2.0 KiB`. */
export const size = (bytes: number): string => (bytes < mebibyte ? `${(bytes / 1024).toFixed(1)} KiB` : memory(bytes))
