import { describe, expect, it } from 'vitest'
import { Fields } from './fields.ts'
import { stripHopByHop } from './hop-by-hop.ts'

describe('stripHopByHop', () => {
  it('removes what concerns one connection', () => {
    const fields = Fields.of({
      connection: 'keep-alive',
      'keep-alive': 'timeout=5',
      te: 'trailers',
      trailer: 'expires',
      'transfer-encoding': 'chunked',
      upgrade: 'websocket',
      'proxy-connection': 'close',
      'proxy-authorization': 'Basic x',
      accept: '*/*',
    })
    expect(stripHopByHop(fields).toRaw()).toEqual(['accept', '*/*'])
  })

  it('removes what Connection names, on every line of it and in any case', () => {
    const fields = Fields.fromRaw(['Connection', ' X-One ,, close', 'connection', 'x-two', 'X-One', '1', 'x-two', '2'])
    expect(stripHopByHop(fields).toRaw()).toEqual([])
  })

  it('does not let Connection remove what later hops rely on', () => {
    const names = [
      'x-forwarded-for',
      'x-forwarded-proto',
      'forwarded',
      'authorization',
      'content-length',
      'cookie',
    ] as const
    const fields = Fields.of({ connection: names.join(', ') })
    for (const name of names) fields.set(name, 'kept')
    expect([...stripHopByHop(fields)].map(([name]) => name)).toEqual(names)
  })
})
