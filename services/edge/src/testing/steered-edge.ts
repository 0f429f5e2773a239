/** An edge in this process with its settings file and its admin API, as an operator has it. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { loadSettings } from '@roundtrip/config'
import { onTestFinished } from 'vitest'
import { edgeSettings } from '../config.ts'
import { startProcesses } from '../start-processes.ts'
import { certificateFile, keyFile, recordingLog, settingsFile, type TestEdge } from './test-edge.ts'

export interface AdminAnswer {
  readonly status: number
  /** Parsed where it is JSON. */
  readonly content: unknown
}

export type Admin = (method: string, path: string, body?: object) => Promise<AdminAnswer>

export interface SteeredEdge extends TestEdge {
  readonly admin: Admin
  readonly adminAddress: string
  /** Puts other settings into the file. */
  readonly write: (settings: object) => void
}

/** @param address of the admin API */
export const adminOf =
  (address: string): Admin =>
  async (method, path, body) => {
    const { hostname, port } = new URL(address)
    const content = body === undefined ? '' : JSON.stringify(body)
    const headers = { 'content-length': Buffer.byteLength(content) }
    const request = httpRequest({ hostname, port, path, method, headers, agent: false })
    const [response] = (await once(request.end(content), 'response')) as [IncomingMessage]
    const answer = await text(response)
    const isJson = response.headers['content-type']?.includes('json') === true
    return { status: response.statusCode ?? 0, content: isJson ? (JSON.parse(answer) as unknown) : answer }
  }

/** Settings are those of a file; it ends with the test. */
export const startSteeredEdge = async (
  settings: object,
  environment: Record<string, string> = {},
): Promise<SteeredEdge> => {
  const file = settingsFile(settings)
  const { log, lines } = recordingLog()
  const surroundings = {
    settings: loadSettings('EDGE', edgeSettings, {
      EDGE_HTTPS_PORT: '0',
      EDGE_HTTP_PORT: '0',
      EDGE_ADMIN_PORT: '0',
      EDGE_CERTIFICATE_FILE: certificateFile,
      EDGE_KEY_FILE: keyFile,
      EDGE_SETTINGS_FILE: file,
      ...environment,
    }),
    log,
    instance: 'edge-1',
  }
  const component = await startProcesses(surroundings, {})
  onTestFinished(() => component.close())
  const portOf = (name: string): number => Number(new URL(component.listeners[name] ?? '').port)
  const adminAddress = component.listeners['admin'] ?? ''
  return {
    component,
    lines,
    httpsPort: portOf('https'),
    httpPort: portOf('http'),
    adminAddress,
    admin: adminOf(adminAddress),
    write: (wanted) => writeFileSync(file, JSON.stringify(wanted)),
  }
}
