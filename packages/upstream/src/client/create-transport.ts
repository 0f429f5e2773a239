/** The transport that a next hop's settings ask for. */
import { Http1Pool } from './http1-pool.ts'
import type { Transport } from './transport.ts'
import { resolveOptions, type TransportOptions } from './transport-options.ts'

/** @throws TypeError when the origin is no URL */
export const createTransport = (options: TransportOptions): Transport => new Http1Pool(resolveOptions(options))
