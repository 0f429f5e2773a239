/** h2load (nghttp2) as the load generator for HTTP/1.1 and HTTP/2: how to call it and what it says. */
import type { Plan } from './plan.ts'
import type { AnswerScenario } from './scenarios.ts'

/** Streams of one HTTP/2 connection, as of a page that loads its parts. */
const streamsPerConnection = 4

/** The same for everybody, whatever else they would choose. */
const encryption = ['--groups', 'X25519', '--tls13-ciphers', 'TLS_AES_128_GCM_SHA256']

export const connectionsFor = ({ protocol }: AnswerScenario, { concurrency }: Plan): number =>
  protocol === 'h2' ? Math.ceil(concurrency / streamsPerConnection) : concurrency

export const urlOf = ({ transport, path }: AnswerScenario, port: number): string =>
  `${transport === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}${path}`

export const h2loadArguments = (scenario: AnswerScenario, port: number, plan: Plan): string[] => {
  const connections = connectionsFor(scenario, plan)
  const streams = scenario.protocol === 'h1' ? 1 : streamsPerConnection
  const threads = Math.min(plan.loadCores.length, connections)
  const always = `-c ${connections} -m ${streams} -t ${threads} -D ${plan.seconds} --warm-up-time ${plan.warmUpSeconds}`
  return [...always.split(' '), ...encryption, ...(scenario.protocol === 'h1' ? ['--h1'] : []), urlOf(scenario, port)]
}

const numberIn = (said: string, pattern: RegExp): number => {
  const found = pattern.exec(said)?.[1]
  if (found === undefined) throw new Error(`h2load said nothing like ${pattern}:\n${said}`)
  return Number(found)
}

/** @returns answers per second @throws Error when there was anything but 2xx */
export const answersPerSecond = (said: string): number => {
  const wrong = [/(\d+) failed/, /(\d+) errored/, /(\d+) timeout/, /(\d+) 3xx/, /(\d+) 4xx/, /(\d+) 5xx/]
  const failures = wrong.reduce((sum, pattern) => sum + numberIn(said, pattern), 0)
  if (failures > 0) throw new Error(`${failures} requests failed:\n${said}`)
  return numberIn(said, /finished in [^,]+, ([\d.]+) req\/s/)
}
