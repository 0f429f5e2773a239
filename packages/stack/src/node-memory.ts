/** How our Node processes are told to be small. */

/**
 * For many small processes on one machine: a young generation of 2 MB instead of 16, and one heap of malloc for all threads.
 * `./roundtrip status` shows what they save.
 * V8 keeps a compile cache for each set of flags: whoever is to share one needs the same.
 */
export const nodeMemory = {
  flags: ['--max-semi-space-size=2'],
  environment: { MALLOC_ARENA_MAX: '1' },
} as const
