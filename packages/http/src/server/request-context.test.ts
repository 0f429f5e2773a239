import { describe, expect, it } from 'vitest'
import { Fields } from '../fields.ts'
import { recordingLog, testResponse } from '../testing.ts'
import { RequestContext } from './request-context.ts'
import type { Delivery } from '../message.ts'
import type { ServeOptions } from './serve-options.ts'

const traceparent = (flags: '00' | '01'): string => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`

const contextFor = (fields: Fields, options: Partial<ServeOptions> = {}): RequestContext =>
  new RequestContext(
    fields,
    { address: '192.0.2.1', port: 4711 },
    { handler: async () => testResponse(), scheme: 'http', log: recordingLog(), trustRequestId: false, ...options },
  )

const idOf = (given: string | undefined, trustRequestId: boolean): string =>
  contextFor(Fields.of({ 'x-request-id': given }), { trustRequestId }).requestId

describe('the id of a request', () => {
  it('is that of a hop of ours, made anew for a stranger or when it is no id, and stays', () => {
    expect(idOf('abc-1', true)).toBe('abc-1')
    for (const made of [idOf('abc-1', false), idOf('a b', true), idOf('a'.repeat(129), true), idOf(undefined, true)]) {
      expect(made).toMatch(/^[\w-]{12}-[0-9a-z]+$/)
    }
    const context = contextFor(Fields.of())
    expect(context.requestId).toBe(context.requestId)
  })
})

describe('the trace of a request', () => {
  it.each([
    ['sampled', '00', false],
    ['sampled', '01', true],
    ['always', '00', true],
    ['never', '01', false],
  ] as const)('sampling %s, client flags %s: traced %s', (sampling, flags, sampled) => {
    const { trace } = contextFor(Fields.of({ traceparent: traceparent(flags) }), { sampling })
    expect(trace).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', sampled })
    expect(trace.parentId).not.toBe('b7ad6b7169203331')
  })

  it('is watched through the layers only where somebody wants to know', () => {
    const sampled = Fields.of({ traceparent: traceparent('01') })
    expect(contextFor(sampled, { watch: 'sampled' }).passage).toBeDefined()
    expect(contextFor(Fields.of(), { watch: 'sampled' }).passage).toBeUndefined()
    expect(contextFor(Fields.of()).passage).toBeDefined()
  })
})

describe('the end of a request', () => {
  it.each(['before', 'after'] as const)('is told to those who ask %s it', async (when) => {
    const context = contextFor(Fields.of())
    const early = when === 'before' ? { signal: context.signal, delivered: context.delivered } : undefined
    context.settle({ outcome: 'aborted', bodyBytes: 3 })
    const { signal, delivered } = early ?? context
    expect(signal.reason).toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    expect(await delivered).toEqual({ outcome: 'aborted', bodyBytes: 3 })
  })

  it('is told to callbacks once, to late ones at once, and to none when the client got everything', () => {
    const told: string[] = []
    const context = contextFor(Fields.of())
    context.onAbandoned(() => told.push('first'))
    context.onAbandoned(() => told.push('second'))
    expect(told).toEqual([])
    context.abandon()
    context.settle({ outcome: 'aborted', bodyBytes: 0 })
    expect(told).toEqual(['first', 'second'])
    context.onAbandoned(() => told.push('late'))
    expect(told).toEqual(['first', 'second', 'late'])
    const complete = contextFor(Fields.of())
    complete.onAbandoned(() => told.push('never'))
    complete.settle({ outcome: 'complete', bodyBytes: 3 })
    expect(told).not.toContain('never')
  })

  it('calls back in the same turn, each listener once, and at once when it is over', () => {
    const context = contextFor(Fields.of())
    const told: [string, Delivery][] = []
    for (const name of ['a', 'b']) context.onSettled((delivery) => told.push([name, delivery]))
    const delivery: Delivery = { outcome: 'complete', bodyBytes: 3 }
    context.settle(delivery)
    context.settle(delivery)
    context.onSettled(() => told.push(['late', delivery]))
    expect(told).toEqual([
      ['a', delivery],
      ['b', delivery],
      ['late', delivery],
    ])
  })

  it('is told once', async () => {
    const context = contextFor(Fields.of())
    context.settle({ outcome: 'complete', bodyBytes: 3 })
    context.settle({ outcome: 'aborted', bodyBytes: 0 })
    expect(await context.delivered).toEqual({ outcome: 'complete', bodyBytes: 3 })
    expect(context.signal.aborted).toBe(false)
  })
})
