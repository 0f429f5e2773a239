/** The request that the options describe: method, header fields, content. */
import { readFile } from 'node:fs/promises'
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { resolve } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { fieldName, Fields } from '@roundtrip/http'

export interface RequestOptions {
  readonly method: string | undefined
  /** `Name: value`, each one. */
  readonly header: readonly string[]
  /** Text, or `@` and the name of a file. */
  readonly data: string | undefined
  /** Where relative file names begin. */
  readonly cwd: string
}

export interface RequestMessage {
  readonly method: string
  readonly fields: Fields
  readonly body: Uint8Array | undefined
}

const defaults = {
  'user-agent': 'roundtrip-trace',
  accept: '*/*',
  'accept-encoding': 'br, gzip, zstd',
}

/** Fields that the client sets itself, since the framing of the message depends on them (RFC 9112 §6). */
const ownFields = new Set([
  'host',
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Methods that need a tunnel or echo credentials, and are no use to trace (RFC 9110 §9.3.6, §9.3.8). */
const refusedMethods = new Set(['CONNECT', 'TRACE'])

/** @throws RoundtripError `USAGE` */
export const requestMessage = async ({ method, header, data, cwd }: RequestOptions): Promise<RequestMessage> => {
  const fields = Fields.of(defaults)
  const body = data === undefined ? undefined : await content(data, cwd)
  if (body !== undefined) fields.set('content-type', looksLikeJson(body) ? 'application/json' : formType)
  for (const [name, values] of Map.groupBy(header.map(parseField), ([given]) => given)) {
    fields.delete(fieldName(name))
    for (const [, value] of values) fields.append(fieldName(name), value)
  }
  return { method: checkMethod(method ?? (body === undefined ? 'GET' : 'POST')), fields, body }
}

const formType = 'application/x-www-form-urlencoded'

const looksLikeJson = (body: Uint8Array): boolean => /^\s*[[{]/.test(Buffer.from(body).toString())

const content = async (data: string, cwd: string): Promise<Uint8Array> => {
  if (!data.startsWith('@')) return Buffer.from(data)
  const file = resolve(cwd, data.slice(1))
  return readFile(file).catch((error: unknown) => {
    throw usage(`The file ${file} of --data cannot be read (${(error as Error).message}).`)
  })
}

const parseField = (text: string): readonly [name: string, value: string] => {
  const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(text) ?? []
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    throw usage(`${JSON.stringify(text)} is not a header field; write it like 'accept-language: de'.`)
  }
  if (ownFields.has(name.toLowerCase())) throw usage(`The field ${name} is set by the connection itself.`)
  return [name.toLowerCase(), value]
}

const checkMethod = (method: string): string => {
  const upper = method.toUpperCase()
  if (!/^[A-Z]+$/.test(upper)) throw usage(`${JSON.stringify(method)} is not a method; write one like GET or POST.`)
  if (refusedMethods.has(upper)) throw usage(`The method ${upper} cannot be traced.`)
  return upper
}

const usage = (sentence: string): RoundtripError => new RoundtripError('USAGE', sentence)
