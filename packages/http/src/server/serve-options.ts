/** What every protocol's server side is made with, whatever it speaks. */
import type { Clock } from '@roundtrip/pipeline'
import type { HttpHandler, Log } from '../message.ts'

export interface ServeOptions {
  readonly handler: HttpHandler
  readonly scheme: 'http' | 'https'
  readonly log: Log
  /** Whether the previous hop is one of ours, so that its `x-request-id` is kept. A public edge makes a new one. */
  readonly trustRequestId: boolean
  /** Whose passage through the layers is noted: everybody's, or that of requests with a sampled `traceparent`. `all` by default. */
  readonly watch?: 'all' | 'sampled'
  /** Which requests are traced further on: all, those the client traces, or none. `sampled` by default. */
  readonly sampling?: 'always' | 'sampled' | 'never'
  readonly clock?: Clock
}
