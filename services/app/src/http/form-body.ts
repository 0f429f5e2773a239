/** Bodies of HTML forms (application/x-www-form-urlencoded, WHATWG URL §5). */
import { RoundtripError } from '@roundtrip/errors'
import type { FastifyRequest } from 'fastify'
import type { AppServer } from './server.ts'

/** Adds the parser to this scope only: the API takes no forms, so another site cannot make a browser write to it. */
export const formBody = (app: AppServer): void => {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: FastifyRequest, text: string) => {
      const fields: Record<string, string> = Object.create(null)
      for (const [name, value] of new URLSearchParams(text)) {
        if (name in fields) throw new RoundtripError('VALIDATION_FAILED', `The form has ${name} more than once.`)
        fields[name] = value
      }
      return { ...fields }
    },
  )
}
