/** What stands between client and origin in a benchmark. */
import type { Children } from '../../children.ts'

export interface Surroundings {
  readonly children: Children
  /** For its own files; made already. */
  readonly folder: string
  readonly serverCore: number
  readonly originPort: number
  /** The project that the edge is taken from. */
  readonly checkout: string
  /** A P-256 leaf followed by its authority, and its key. */
  readonly certificateFile: string
  readonly keyFile: string
}

export interface Server {
  readonly pid: number
  /** Port of plain HTTP/1.1; why there is none, in words. */
  readonly plain: number | string
  /** Port of HTTP/1.1 and HTTP/2 over TLS; why there is none, in words. */
  readonly tls: number | string
  /** Why it proxies nothing that may not be stored, in words; it does when undefined. */
  readonly proxied?: string
}

export interface Contestant {
  readonly name: string
  /** @returns `undefined` when it is not installed */
  readonly version: () => string | undefined
  /** The command that installs it. */
  readonly install: string
  readonly start: (surroundings: Surroundings) => Promise<Server>
}
