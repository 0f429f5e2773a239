/** Lets go of a response that nobody will be sent. */
import { Readable } from 'node:stream'
import type { HttpResponse } from '@roundtrip/http'

export const discard = ({ body }: HttpResponse): void => {
  if (!(body instanceof Readable)) return
  // It may break off while it is let go of; unheard, the error would end the process.
  body.on('error', () => undefined)
  body.destroy()
}
