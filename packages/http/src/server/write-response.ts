/** From our responses to node's: framing, streaming, and an honest account of how the delivery ended. */
import { STATUS_CODES, type ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse } from 'node:http2'
import { Readable, type Writable } from 'node:stream'
import type { Fields } from '../fields.ts'
import { stripHopByHop } from '../hop-by-hop.ts'
import type { Delivery, HttpResponse } from '../message.ts'

export type NodeResponse = ServerResponse | Http2ServerResponse

const isHttp2 = (response: NodeResponse): response is Http2ServerResponse => 'stream' in response

/** Statuses that never carry content (RFC 9110 §6.4.1). */
const hasNoContent = (method: string, status: number): boolean =>
  method === 'HEAD' || status === 204 || status === 304 || (status >= 100 && status < 200)

/**
 * Sends a response and resolves when its last byte was handed to the connection, or when that became impossible.
 * A body that fails half-way ends the connection (HTTP/1.1) or resets the stream (HTTP/2), so that the client
 * cannot take a part for the whole (RFC 9112 §8).
 */
export const writeResponse = async (method: string, response: HttpResponse, out: NodeResponse): Promise<Delivery> => {
  const { body } = response
  const streaming = body instanceof Readable
  if (out.destroyed || out.writableEnded) {
    if (streaming) body.destroy()
    return { outcome: 'aborted', bodyBytes: 0 }
  }
  if (hasNoContent(method, response.status)) {
    if (streaming) body.destroy()
    writeHead(response, out)
    return endWith(out, undefined)
  }
  if (!streaming) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (!response.fields.has('content-length')) response.fields.set('content-length', bytes?.byteLength ?? 0)
    writeHead(response, out)
    return endWith(out, bytes)
  }
  writeHead(response, out)
  return pump(body, out)
}

const writeHead = ({ status, fields }: HttpResponse, out: NodeResponse): void => {
  if (isHttp2(out)) out.writeHead(status, toHeaderObject(stripHopByHop(fields)))
  else out.writeHead(status, STATUS_CODES[status] ?? '', fields.toRaw())
}

/** node's HTTP/2 takes repeated fields as arrays; a flat list would lose all but the last Set-Cookie. */
const toHeaderObject = (fields: Fields): Record<string, string | string[]> => {
  const headers: Record<string, string | string[]> = {}
  for (const [name] of fields) {
    const values = fields.getAll(name)
    headers[name] = values.length === 1 ? (values[0] ?? '') : values
  }
  return headers
}

const endWith = (out: NodeResponse, bytes: Uint8Array | undefined): Promise<Delivery> =>
  settle(
    out,
    undefined,
    () => bytes?.byteLength ?? 0,
    () => {
      if (bytes === undefined) out.end()
      else out.end(bytes)
    },
  )

const pump = (body: Readable, out: NodeResponse): Promise<Delivery> => {
  // Both responses are writable streams; their union has no callable write.
  const sink: Writable = out
  let bodyBytes = 0
  body.on('data', (chunk: Uint8Array) => {
    bodyBytes += chunk.byteLength
    if (!sink.write(chunk)) {
      body.pause()
      out.once('drain', () => body.resume())
    }
  })
  body.once('end', () => out.end())
  return settle(out, body, () => bodyBytes)
}

/** Waits for the end of a response, whichever side brings it about. */
const settle = (
  out: NodeResponse,
  body: Readable | undefined,
  bytes: () => number,
  begin?: () => void,
): Promise<Delivery> =>
  new Promise((resolve) => {
    const done = (outcome: Delivery['outcome']): void => resolve({ outcome, bodyBytes: bytes() })
    out.once('finish', () => done('complete'))
    out.once('close', () => {
      body?.destroy()
      done('aborted')
    })
    out.on('error', () => done('aborted'))
    body?.once('error', () => {
      done('truncated')
      reset(out)
    })
    body?.once('close', () => {
      if (!body.readableEnded && !out.writableFinished) {
        done('truncated')
        reset(out)
      }
    })
    begin?.()
  })

const reset = (out: NodeResponse): void => {
  if (isHttp2(out)) out.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  else out.destroy()
}
