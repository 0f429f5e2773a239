/** For tests: a service that starts, drains and closes as its settings say. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setting } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { gauge } from '@roundtrip/metrics'
import { Type, type Static } from 'typebox'
import { addressOf, runService, type Component, type Surroundings } from '../index.ts'

const settings = Type.Object({
  port: setting.port({ description: 'port to listen on', default: 0 }),
  password: setting.optional(setting.secret({ description: 'for nothing' })),
  fails: setting.optional(
    setting.choice(
      ['settings', 'start', 'start-never-ends', 'drain-never-ends', 'drain', 'close', 'crash', 'metrics'],
      {
        description: 'what goes wrong',
      },
    ),
  ),
})

const never = (): Promise<never> => new Promise(() => undefined)

const start = async ({ settings: given, log, instance }: Surroundings<Static<typeof settings>>): Promise<Component> => {
  const { port, fails } = given
  if (fails === 'settings') throw new RoundtripError('SETTINGS_INVALID', 'FIXTURE_PORT leads nowhere.')
  if (fails === 'start') throw new Error('the moon is full')
  const server = createServer((_request, response) => response.end(instance))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  if (fails === 'start-never-ends') {
    log.info({ starting: true }, 'starting for ever')
    await never()
  }
  if (fails === 'crash') {
    process.on('SIGUSR2', () => {
      throw new Error('nobody caught me', { cause: new Error('the root of it') })
    })
  }
  return {
    listeners: { http: addressOf(server) },
    health: async () => ({ ready: true, checks: { moon: 'new' } }),
    ...(fails !== 'metrics' && { metrics: async () => [gauge('fixture_moons', 'Moons.', [[{}, 1]])] }),
    retire: () => log.info({ retiring: true }, 'retiring'),
    drain: async () => {
      if (fails === 'drain') throw new Error('drain is clogged')
      if (fails === 'drain-never-ends') await never()
    },
    close: async () => {
      log.info({ closing: true }, 'closing')
      if (fails === 'close') throw new Error('close is stuck')
      server.closeAllConnections()
      server.close()
    },
  }
}

// oxlint-disable-next-line node/no-process-env -- this is a main file, in a test's clothes
await runService({ name: 'fixture', settings, start }, process.env)
