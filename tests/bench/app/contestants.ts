/** Our app and the plain ones, each as a number of processes on the same cores. */
import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Children } from '../children.ts'
import type { DataTier } from './data-tier.ts'

export interface Contestant {
  readonly name: string
  readonly description: string
  /** @returns its port */
  readonly start: (
    surroundings: Surroundings,
    number: number,
    processes: number,
  ) => Promise<{ child: ChildProcess; port: number }>
}

export interface Surroundings {
  readonly children: Children
  readonly data: DataTier
  readonly cores: readonly number[]
  /** Of the project that our app is taken from. */
  readonly checkout: string
  /** Passed on to node, such as `--cpu-prof`. */
  readonly nodeArguments: readonly string[]
}

export interface Entrant {
  readonly name: string
  readonly ports: readonly number[]
  readonly pids: readonly number[]
  readonly stop: () => Promise<void>
}

const startProcess = async (
  { children, data, cores, nodeArguments }: Surroundings,
  program: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ child: ChildProcess; message: unknown }> => {
  const child = children.start(process.execPath, [...nodeArguments, program], {
    cores,
    environment: { ...data.settings, NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return { child, message: await children.message(child) }
}

/** pg's own default, as far as all processes together leave the server some of its 60. */
const plainConnections = (processes: number): number => Math.min(10, Math.floor(16 / processes))

const plain = (name: string, description: string, environment: Readonly<Record<string, string>>): Contestant => ({
  name,
  description,
  start: async (surroundings, _number, processes) => {
    const program = join(import.meta.dirname, 'plain-app.main.ts')
    const connections = String(plainConnections(processes))
    const settings = { ...environment, PLAIN_CONNECTIONS: connections }
    const { child, message } = await startProcess(surroundings, program, settings)
    return { child, port: (message as { port: number }).port }
  },
})

export const contestants: readonly Contestant[] = [
  plain('plain', 'Fastify, pg and ioredis', {}),
  plain('plain-memory', 'the same, products kept in the process for a second as well', { PLAIN_MEMORY: 'yes' }),
  {
    name: 'app',
    description: 'services/app',
    start: async (surroundings, number) => {
      const program = join(surroundings.checkout, 'services/app/src/main.ts')
      const settings = { APP_PORT: '0', SERVICE_INSTANCE: `app-${number}`, SERVICE_LOG_LEVEL: 'error' }
      const { child, message } = await startProcess(surroundings, program, settings)
      const { listeners } = message as { listeners: { http: string } }
      return { child, port: Number(new URL(listeners.http).port) }
    },
  },
]

export const enter = async (
  { name, start }: Contestant,
  surroundings: Surroundings,
  processes: number,
): Promise<Entrant> => {
  const numbers = Array.from({ length: processes }, (_, index) => index + 1)
  const started = await Promise.all(numbers.map((number) => start(surroundings, number, processes)))
  return {
    name,
    ports: started.map(({ port }) => port),
    pids: started.map(({ child }) => child.pid ?? 0),
    stop: async () => {
      await Promise.all(
        started.map(async ({ child }) => {
          const gone = once(child, 'exit')
          child.kill('SIGTERM')
          await gone
        }),
      )
    },
  }
}
