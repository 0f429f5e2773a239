/** Talks to a stack that another process runs. */
import { existsSync } from 'node:fs'
import { RoundtripError, codes, type ErrorCode } from '@roundtrip/errors'
import type { InstanceAction } from './control-listener.ts'
import type { DatabaseControl } from './database-control.ts'
import { readOwner, type Owner } from './owner.ts'
import type { InstanceState, StackAddresses, StatusRow } from './stack.ts'

export interface StackClient {
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
  status(): Promise<StatusRow[]>
  readonly database: DatabaseControl
  topology(): Promise<StackAddresses>
  /** Asks the stack to stop and waits until its launcher is gone. */
  stop(): Promise<void>
  /** @returns the state the instance is in then @throws RoundtripError `USAGE` for an unknown name */
  act(instance: string, action: InstanceAction): Promise<InstanceState>
}

/**
 * @param root folder of the stack's state
 * @throws RoundtripError `STACK_NOT_RUNNING`
 */
export const connectToStack = (root: string): StackClient => {
  const owner = existsSync(root) ? readOwner(root) : undefined
  if (owner === undefined) throw new RoundtripError('STACK_NOT_RUNNING')
  const ask = <T>(method: string, path: string, body?: object): Promise<T> => askOwner<T>(owner, method, path, body)
  return {
    pid: owner.pid,
    startedAt: owner.startedAt,
    status: () => ask('GET', '/status'),
    database: {
      status: () => ask('GET', '/database'),
      failover: (options = {}) => ask('POST', '/database/failover', options),
    },
    topology: () => ask('GET', '/topology'),
    act: async (instance, action) =>
      (await ask<{ state: InstanceState }>('POST', `/instances/${encodeURIComponent(instance)}/${action}`)).state,
    stop: async () => {
      await ask('POST', '/stop')
      while (readOwner(root)?.pid === owner.pid) await tick()
    },
  }
}

const tick = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 50)
  })

const askOwner = async <T>({ url, token, pid }: Owner, method: string, path: string, content?: object): Promise<T> => {
  if (url === undefined) {
    throw new RoundtripError('STACK_NOT_RUNNING', `The stack (pid ${pid}) is only just starting; try again shortly.`)
  }
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(content !== undefined && { body: JSON.stringify(content) }),
  }).catch((cause: unknown) => {
    throw new RoundtripError('STACK_NOT_RUNNING', `The stack (pid ${pid}) does not answer.`, { cause })
  })
  const body: unknown = await response.json()
  if (response.ok) return body as T
  const { code, message } = body as { code: string; message: string }
  throw new RoundtripError(code in codes ? (code as ErrorCode) : 'INTERNAL', message)
}
