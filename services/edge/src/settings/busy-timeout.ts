/** How long a connection of a client may keep silent while its request is in work, as the pools are set. */
import type { EdgeFile } from './edge-file.ts'

/** Longer than next hops may keep silent, all attempts counted: their timeouts have names, that of a connection only cuts. */
export const busyTimeoutMsOf = ({ limits, pools }: EdgeFile): number =>
  Math.max(limits.http1.busyTimeoutMs, ...Object.values(pools).map(longestSilenceMs))

const longestSilenceMs = ({ timeouts, retry }: EdgeFile['pools'][string]): number =>
  retry.maxAttempts * (timeouts.connectMs + timeouts.queueMs + timeouts.firstByteMs) + timeouts.idleMs
