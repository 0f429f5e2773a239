/** A logger for tests: keeps its lines instead of writing them. */
import type { Logger } from '@roundtrip/service'

export interface CapturedLine {
  readonly level: string
  readonly message: string
  readonly [fact: string]: unknown
}

export interface CapturedLog {
  readonly log: Logger
  readonly lines: CapturedLine[]
  /** Resolves with the first line, past or future, that fits. */
  readonly waitFor: (fits: (line: CapturedLine) => boolean) => Promise<CapturedLine>
}

export const captureLog = (): CapturedLog => {
  const lines: CapturedLine[] = []
  const waiting = new Set<(line: CapturedLine) => void>()
  const loggerWith = (bindings: object): Logger => {
    const write = (level: string) => (facts: object | string, message?: string) => {
      const line = typeof facts === 'string' ? { message: facts } : { ...facts, message: message ?? '' }
      lines.push({ ...bindings, ...line, level })
      for (const look of waiting) look({ ...bindings, ...line, level })
    }
    const levels = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
    return { ...levels, child: (more: object) => loggerWith({ ...bindings, ...more }) } as unknown as Logger
  }
  return {
    log: loggerWith({}),
    lines,
    waitFor(fits) {
      const past = lines.find(fits)
      if (past !== undefined) return Promise.resolve(past)
      const { promise, resolve } = Promise.withResolvers<CapturedLine>()
      const look = (line: CapturedLine): void => {
        if (!fits(line)) return
        waiting.delete(look)
        resolve(line)
      }
      waiting.add(look)
      return promise
    },
  }
}
