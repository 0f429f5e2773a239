/** W3C Trace Context, level 1: the `traceparent` field that ties the spans of one request together. */
import { pooledHex } from './pooled-hex.ts'

export interface TraceParent {
  /** 32 hex digits, the same on the whole way. */
  readonly traceId: string
  /** 16 hex digits: the sender's span. */
  readonly parentId: string
  /** Whether the caller records this trace; tiers then report their timings. */
  readonly sampled: boolean
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const isZero = (hex: string): boolean => /^0+$/.test(hex)

/** Undefined when the value is absent or malformed, in which case the trace starts anew (§3.2.2.3). */
export const parseTraceParent = (value: string | undefined): TraceParent | undefined => {
  if (value === undefined) return undefined
  const match = pattern.exec(value)
  if (match === null) return undefined
  const [, version = '', traceId = '', parentId = '', flags = '', rest] = match
  if (version === 'ff' || isZero(traceId) || isZero(parentId)) return undefined
  // Version 00 has exactly four parts; later ones may append more.
  if (version === '00' && rest !== undefined) return undefined
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export const formatTraceParent = ({ traceId, parentId, sampled }: TraceParent): string =>
  `00-${traceId}-${parentId}-${sampled ? '01' : '00'}`

/** @param hex random digits, so many; unpredictable outside of tests */
export const newTrace = (sampled: boolean, hex: (digits: number) => string = pooledHex): TraceParent => ({
  traceId: hex(32),
  parentId: hex(16),
  sampled,
})

/** The same trace with a span of our own as the parent of what we send on. */
export const childOf = (
  { traceId, sampled: callerSamples }: TraceParent,
  sampled = callerSamples,
  hex: (digits: number) => string = pooledHex,
): TraceParent => ({ traceId, parentId: hex(16), sampled })
