import { describe, expect, it } from 'vitest'
import { childOf, formatTraceParent, newTrace, parseTraceParent } from './traceparent.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'

describe('parseTraceParent', () => {
  it('reads version 00 and the sampled flag', () => {
    expect(parseTraceParent(`00-${traceId}-${parentId}-01`)).toEqual({ traceId, parentId, sampled: true })
    expect(parseTraceParent(`00-${traceId}-${parentId}-00`)?.sampled).toBe(false)
    // Unknown flags beside it are let through (§4.3).
    expect(parseTraceParent(`00-${traceId}-${parentId}-ff`)?.sampled).toBe(true)
  })

  it('reads later versions, which may be longer', () => {
    expect(parseTraceParent(`cc-${traceId}-${parentId}-01-what-comes`)).toEqual({ traceId, parentId, sampled: true })
  })

  it.each([
    undefined,
    '',
    `ff-${traceId}-${parentId}-01`,
    `00-${'0'.repeat(32)}-${parentId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${parentId}-01`,
    `00-${traceId}-${parentId}-01-more`,
    `00-${traceId}-${parentId}`,
    `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`,
  ])('does not read %s', (value) => {
    expect(parseTraceParent(value)).toBeUndefined()
  })
})

describe('a trace', () => {
  it('starts with ids of the right length', () => {
    expect(formatTraceParent(newTrace(true))).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })

  it('goes on under the same id with a span of our own', () => {
    const parent = { traceId, parentId, sampled: true }
    const child = childOf(parent, true, (digits) => '01'.repeat(digits / 2))
    expect(child).toEqual({ traceId, parentId: '0101010101010101', sampled: true })
    expect(parseTraceParent(formatTraceParent(child))).toEqual(child)
  })
})
