/** `roundtrip trace <url>`: does one request by itself, step by step, and shows where the time went. */
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import type { SecureContext } from 'node:tls'
import { RoundtripError } from '@roundtrip/errors'
import { connectToStack, type StackAddresses } from '@roundtrip/stack'
import { defineCommand, type Io, type ParsedArgs } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { stackSettings } from '../stack-settings.ts'
import { createClient, type Client } from './client.ts'
import { checkOutput, output } from './output.ts'
import { parseDnsServer, protocolsFor, traceOptions, wholeNumber } from './options.ts'
import { rehearse } from './rehearse.ts'
import { repeat, type Series } from './repeat.ts'
import { requestMessage } from './request-options.ts'
import { surroundingsOf } from './surroundings.ts'
import { parseTarget, type Target } from './target.ts'
import { watchProgress } from './watch-progress.ts'

export type TraceArgs = ParsedArgs<typeof traceOptions>

/** What a trace needs of the world; a test hands in its own. */
export interface TraceSurroundings {
  /** Rejects with `STACK_NOT_RUNNING`. */
  readonly findStack: (io: Io) => Promise<StackAddresses>
  readonly rehearse: (secureContext: SecureContext) => Promise<void>
  readonly clock: () => number
  readonly nowMs: () => number
  readonly random: (bytes: number) => Buffer
}

const real: TraceSurroundings = {
  findStack: async (io) => connectToStack(stackSettings(io).root).topology(),
  rehearse: (secureContext) => rehearse(() => performance.now(), secureContext),
  clock: () => performance.now(),
  nowMs: () => Date.now(),
  random: randomBytes,
}

const defaultTimeoutMs = '10000'

/** Long enough for a connection around the world, short enough to try the next address within the timeout. */
const attemptTimeoutMs = 2000

export const traceCommand = defineCommand({
  name: 'trace',
  summary: 'Follow one request through every tier, with measured times',
  usage: '[options] <url>',
  description:
    'Names of the stack (www.roundtrip.test, www.roundtrip.localhost) are looked up at its DNS server, reached at its' +
    ' edge and checked against its certificate authority; every other URL goes through the resolver and the authorities' +
    ' of this system.',
  options: traceOptions,
  positionals: { min: 1, max: 1 },
  examples: [
    { command: 'roundtrip trace https://www.roundtrip.test/', about: 'the start page, tier by tier' },
    { command: 'roundtrip trace --repeat 5 https://www.roundtrip.test/api/products', about: 'cold against warm' },
    { command: 'roundtrip trace --mermaid https://www.roundtrip.test/ > request.mmd', about: 'as a diagram' },
    { command: "roundtrip trace -d '{}' https://www.roundtrip.test/api/orders", about: 'a POST' },
    { command: 'roundtrip trace --http1.1 https://example.com/', about: 'any server outside' },
  ],
  run: async (args, io) => runTrace(args, io, real),
})

/** @returns the exit status: 0 when a response came, whatever it says @throws RoundtripError `USAGE`, `STACK_NOT_RUNNING` */
export const runTrace = async (args: TraceArgs, io: Io, world: TraceSurroundings): Promise<number> => {
  checkOutput(args.values)
  const target = parseTarget(args.positionals[0] ?? '')
  const times = wholeNumber('repeat', args.values.repeat ?? '1', 1, 1000)
  const client = await clientFor(target, args, io, world).catch((error: unknown) => {
    if (args.values.json === true && error instanceof RoundtripError && error.code !== 'USAGE') {
      const { code, message } = error
      io.stdout.write(`${JSON.stringify({ ok: false, url: target.url, error: { code, message } }, undefined, 2)}\n`)
    }
    throw error
  })
  const traces = await runs(client, times, io)
  io.stdout.write(output(traces, args.values, io))
  return traces.some(({ failure }) => failure !== undefined) ? exitStatus.failure : exitStatus.ok
}

const runs = async (client: Client, times: number, io: Io): Promise<Series> => {
  const progress = watchProgress(client, io)
  try {
    return await repeat(client, times)
  } finally {
    progress.stop()
    client.close()
  }
}

const clientFor = async (target: Target, args: TraceArgs, io: Io, world: TraceSurroundings): Promise<Client> => {
  const { values } = args
  const timeoutMs = wholeNumber('timeout', values.timeout ?? defaultTimeoutMs, 1, 600_000)
  const protocols = protocolsFor({
    http11: values['http1.1'] ?? false,
    http2: values.http2 ?? false,
    scheme: target.scheme,
  })
  const request = await requestMessage({
    method: values.method,
    header: values.header ?? [],
    data: values.data,
    cwd: io.cwd,
  })
  const surroundings = await surroundingsOf(target, {
    dns: values.dns === undefined ? undefined : parseDnsServer(values.dns),
    caFile: values.cacert === undefined ? undefined : resolve(io.cwd, values.cacert),
    timeoutMs,
    findStack: () => world.findStack(io),
  })
  await world.rehearse(surroundings.secureContext)
  return createClient({
    ...request,
    ...surroundings,
    url: target.url,
    protocols,
    attemptTimeoutMs,
    deadline: () => AbortSignal.timeout(timeoutMs),
    clock: world.clock,
    nowMs: world.nowMs,
    random: world.random,
  })
}
