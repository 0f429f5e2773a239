/** Looks at one answer before anything is timed: a benchmark of errors is none. */
import { once } from 'node:events'
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { bodyFor } from './bodies.ts'
import type { AnswerScenario } from './scenarios.ts'

export interface Answer {
  readonly status: number
  readonly body: Buffer
  /** Names of the response's fields. */
  readonly fields: readonly string[]
  /** `TLS_AES_128_GCM_SHA256 X25519`, or undefined without TLS. */
  readonly encryption: string | undefined
}

const host = '127.0.0.1'
// The authority exists for this run only; what is compared is speed, not trust.
const tls = { rejectUnauthorized: false, ecdhCurve: 'X25519' }

const encryptionOf = (socket: TLSSocket): string => {
  const { name } = socket.getEphemeralKeyInfo() as { name?: string }
  return `${socket.getCipher().standardName} ${name ?? 'no ephemeral key'}`
}

const overHttp1 = async (scenario: AnswerScenario, port: number): Promise<Answer> => {
  const options = { host, port, path: scenario.path, agent: false }
  const asking: ClientRequest =
    scenario.transport === 'tls' ? httpsRequest({ ...options, ...tls }) : httpRequest(options)
  asking.end()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  const encryption = scenario.transport === 'tls' ? encryptionOf(response.socket as TLSSocket) : undefined
  return {
    status: response.statusCode ?? 0,
    fields: Object.keys(response.headers),
    encryption,
    body: await buffer(response),
  }
}

const overHttp2 = async (scenario: AnswerScenario, port: number): Promise<Answer> => {
  const session = connectHttp2(`https://${host}:${port}`, tls)
  try {
    await once(session, 'connect')
    const encryption = encryptionOf(session.socket as TLSSocket)
    const stream = session.request({ ':path': scenario.path })
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    return {
      status: Number(headers[':status']),
      fields: Object.keys(headers).filter((name) => !name.startsWith(':')),
      encryption,
      body: await buffer(stream),
    }
  } finally {
    session.destroy()
  }
}

/** @throws Error when the answer is not byte for byte what the origin has */
export const checkAnswer = async (scenario: AnswerScenario, port: number): Promise<Answer> => {
  const answer = await (scenario.protocol === 'h2' ? overHttp2 : overHttp1)(scenario, port)
  if (answer.status !== 200) throw new Error(`answered ${answer.status} instead of 200`)
  if (!answer.body.equals(bodyFor(scenario.path))) {
    throw new Error(`answered with ${answer.body.length} bytes that are not those of the origin`)
  }
  return answer
}

/** As `checkAnswer`, again until a server that has just been started answers. */
export const checkUntilAnswered = async (scenario: AnswerScenario, port: number, tries = 50): Promise<Answer> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await checkAnswer(scenario, port)
    } catch (error) {
      if (attempt >= tries) throw error
      await new Promise((resolve) => void setTimeout(resolve, 100))
    }
  }
}
