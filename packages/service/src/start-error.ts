/** Turns a failure to start into a sentence that says what to do. */
import { RoundtripError } from '@roundtrip/errors'

export interface StartError {
  readonly code: string
  readonly message: string
}

const listenErrors: Record<string, string> = {
  EADDRINUSE: 'is already in use; stop what listens there or choose another port',
  EACCES: 'may not be used by this user; ports below 1024 usually need a privilege, choose a higher one',
  EADDRNOTAVAIL: 'is not an address of this machine; choose another host',
}

/** @param service prefix of the settings that change the address */
export const explainStartError = (error: unknown, service: string): StartError => {
  if (error instanceof RoundtripError) return { code: error.code, message: error.message }
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error) }
  const { code, address, port, message } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  const known = code === undefined ? undefined : listenErrors[code]
  if (known === undefined || port === undefined) return { code: code ?? 'INTERNAL', message }
  const prefix = service.toUpperCase()
  return {
    code: code ?? 'INTERNAL',
    message: `${address ?? ''}:${port} ${known} (settings ${prefix}_HOST and ${prefix}_…PORT).`,
  }
}
