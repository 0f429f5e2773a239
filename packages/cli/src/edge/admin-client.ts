/** Asks the admin APIs of edges: of those of the running stack, or of one at a given address. */
import { RoundtripError } from '@roundtrip/errors'
import { instancesOf } from '@roundtrip/stack'
import type { Io } from '../command.ts'
import { instanceNamed } from '../instance-names.ts'
import { runningStack } from '../stack/connection.ts'

export interface EdgeAddress {
  /** As shown to the user: the instance, or the address it was given by. */
  readonly name: string
  /** Origin of the admin API. */
  readonly origin: string
}

export interface Where {
  /** Instance of the stack; all edges when absent. */
  readonly instance: string | undefined
  /** Origin of an admin API anywhere. */
  readonly admin: string | undefined
}

/** @throws RoundtripError `USAGE`, `STACK_NOT_RUNNING` */
export const edgesAt = async ({ instance, admin }: Where, io: Io): Promise<EdgeAddress[]> => {
  if (admin !== undefined) {
    if (!URL.canParse(admin)) {
      throw new RoundtripError('USAGE', `--admin ${admin} is not an address: write one such as http://127.0.0.1:9901.`)
    }
    return [{ name: new URL(admin).host, origin: new URL(admin).origin }]
  }
  const wanted = instance === undefined ? instancesOf('edge') : [instanceNamed(instance)]
  const rows = await runningStack(io).status()
  return wanted.map(({ name }) => {
    const address = rows.find((row) => row.name === name)?.addresses['admin']
    if (address === undefined) throw new RoundtripError('USAGE', `${name} has no admin API: choose one of the edges.`)
    return { name, origin: `http://${address}` }
  })
}

export interface Question {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: object
}

/** The question was right, but what it wanted failed: a settings file that cannot be used, workers that did not come up. */
const hasFailed = (status: number): boolean => status === 422 || status >= 500

/**
 * @returns JSON as it came, or text
 * @throws RoundtripError `STACK_NOT_RUNNING` for no answer, `UNPROCESSABLE` where it failed, `USAGE` where it was refused
 */
export const askEdge = async (
  { name, origin }: EdgeAddress,
  { method, path, body }: Question,
  io: Io,
): Promise<unknown> => {
  const token = io.env['EDGE_ADMIN_TOKEN']
  const response = await fetch(origin + path, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  }).catch((cause: unknown) => {
    throw new RoundtripError('STACK_NOT_RUNNING', `${name} does not answer at ${origin}.`, { cause })
  })
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  const content: unknown = isJson ? await response.json() : await response.text()
  if (response.ok) return content
  const { detail = `${response.status}` } = content as { detail?: string }
  throw new RoundtripError(hasFailed(response.status) ? 'UNPROCESSABLE' : 'USAGE', `${name}: ${detail}`)
}
