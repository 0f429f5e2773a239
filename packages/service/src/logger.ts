/** Structured logs: one JSON object a line on standard output, times in ISO 8601. */
import { pino, type Logger } from 'pino'

export type { Logger }

/** @param level least severe level written: debug, info, warn or error */
export const createLogger = (service: string, instance: string, level: string): Logger =>
  pino({
    level,
    base: { service, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    errorKey: 'error',
    formatters: { level: (label) => ({ level: label }) },
  })
