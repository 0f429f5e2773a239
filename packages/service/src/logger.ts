/** Structured logs: one JSON object a line on standard output, times in ISO 8601. */
import { destination, pino, type Logger } from 'pino'

export type { Logger }

const standardOutput = 1

/** @param level least severe level written: debug, info, warn or error */
export const createLogger = (service: string, instance: string, level: string): Logger =>
  pino(
    {
      level,
      base: { service, instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      errorKey: 'error',
      formatters: { level: (label) => ({ level: label }) },
    },
    // Written before the call returns: otherwise lines change places, or are lost, when the process exits.
    destination({ dest: standardOutput, sync: true }),
  )
