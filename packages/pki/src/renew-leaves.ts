/** Keeps the leaves of a folder fresh for as long as a process lives. */
import { defaultLeafLifetimeMs } from './leaf-lifetime.ts'
import { ensurePki, renewWhatIsDue, type PkiFiles, type PkiOptions } from './pki-folder.ts'

export interface RenewalOptions extends PkiOptions {
  readonly onRenewed?: (files: PkiFiles) => void
  /** The old leaves are still good for half of their life; the next look tries again. */
  readonly onFailed?: (error: unknown) => void
  /** Calls back again and again. @returns how to stop; node's timers by default, which keep no process alive */
  readonly schedule?: (work: () => void, everyMs: number) => () => void
}

/** Looks at a lifetime's leaves so many times: each is renewed soon after its half, and a machine that slept is soon up to date. */
const looksPerLifetime = 48

/** Renews leaves when half of their life is over. They should be there already: `ensurePki`. @returns how to stop */
export const renewLeaves = (folder: string, options: RenewalOptions): (() => void) => {
  const { lifetimeMs = defaultLeafLifetimeMs, schedule = every, onRenewed, onFailed } = options
  let looking = false
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    try {
      if (await renewWhatIsDue(folder, options)) onRenewed?.(await ensurePki(folder, options))
    } catch (error) {
      onFailed?.(error)
    } finally {
      looking = false
    }
  }
  return schedule(() => void look(), Math.max(1000, Math.floor(lifetimeMs / looksPerLifetime)))
}

const every = (work: () => void, everyMs: number): (() => void) => {
  const timer = setInterval(work, everyMs).unref()
  return () => clearInterval(timer)
}
