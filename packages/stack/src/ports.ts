/** Which address and ports each instance gets, and whether they can be had, before anything is started. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { loadSettings, setting, type Environment } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { Type, type TInteger } from 'typebox'
import { portOwner } from './port-owner.ts'
import type { Addresses } from './stack.ts'
import { instances, type InstanceSpec, type Port } from './topology.ts'

const prefix = 'ROUNDTRIP_PORT'

const allPorts = instances.flatMap(({ ports }) => Object.values(ports))

/** Every `ROUNDTRIP_PORT_…` of the topology; for the command's settings table. */
export const portSettings = Type.Object(
  Object.fromEntries(
    allPorts.map((port): [string, TInteger] => [
      port.setting.slice(prefix.length + 1),
      setting.port({ description: `port of ${listenersOf(port.setting)}`, default: port.default }),
    ]),
  ),
)

function listenersOf(name: string): string {
  const users = instances.filter(({ ports }) => Object.values(ports).some((port) => port.setting === name))
  return users.map((user) => user.name).join(' and ')
}

/**
 * Ports by setting, from the `ROUNDTRIP_PORT_…` variables over the defaults of the topology.
 *
 * @throws RoundtripError `SETTINGS_INVALID`
 */
export const portsFrom = (environment: Environment): Record<string, number> => {
  const named = Object.entries(environment).filter(([name]) => name.startsWith(`${prefix}_`))
  const ports = loadSettings(prefix, portSettings, Object.fromEntries(named)) as Record<string, number>
  return Object.fromEntries(Object.entries(ports).map(([key, port]) => [`${prefix}_${key}`, port]))
}

const canListen = async (protocol: 'tcp' | 'udp', host: string, port: number): Promise<string | undefined> => {
  const server = protocol === 'tcp' ? createServer() : createSocket(host.includes(':') ? 'udp6' : 'udp4')
  const listening = once(server, 'listening')
  if ('listen' in server) server.listen({ host, port, exclusive: true })
  else server.bind({ address: host, port, exclusive: true })
  try {
    await listening
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
  }
  const closed = once(server, 'close')
  server.close()
  await closed
  return undefined
}

const protocolsOf = (port: Port): ('tcp' | 'udp')[] => (port.protocol === 'udp+tcp' ? ['udp', 'tcp'] : ['tcp'])

/** Why the port cannot be had, as an errno code. */
const refusal = async (port: Port, host: string, number: number): Promise<string | undefined> => {
  for (const protocol of protocolsOf(port)) {
    const code = await canListen(protocol, host, number)
    if (code !== undefined) return code
  }
  return undefined
}

/** Below the ranges that systems take outgoing ports from, so that no connection sits on the port of a stopped instance. */
const freeRange = { from: 10_000, to: 32_000 }

/** Handed out in this process; two stacks that start side by side must not be given the same. */
const handedOut = new Set<number>()

const findFree = async (users: readonly { host: string; port: Port }[]): Promise<number> => {
  for (let tries = 0; tries < 200; tries += 1) {
    const number = freeRange.from + Math.floor(Math.random() * (freeRange.to - freeRange.from))
    if (handedOut.has(number)) continue
    handedOut.add(number)
    const refusals = await Promise.all(users.map(({ host, port }) => refusal(port, host, number)))
    if (refusals.every((code) => code === undefined)) return number
  }
  throw new RoundtripError('PORT_IN_USE', `No free port was found between ${freeRange.from} and ${freeRange.to}.`)
}

const hostOf = async ({ host, alternativeHost }: InstanceSpec): Promise<string> =>
  alternativeHost !== undefined && (await canListen('tcp', host, 0)) === 'EADDRNOTAVAIL' ? alternativeHost : host

/**
 * The addresses of all instances of the topology.
 *
 * @param ports `free`, `default`, or ports by setting over the defaults
 */
export const assignAddresses = async (
  ports: 'default' | 'free' | Readonly<Record<string, number>>,
): Promise<Addresses> => {
  const hosts = new Map(await Promise.all(instances.map(async (spec) => [spec.name, await hostOf(spec)] as const)))
  const users = Map.groupBy(
    instances.flatMap((spec) =>
      Object.values(spec.ports).map((port) => ({ port, host: hosts.get(spec.name) ?? spec.host })),
    ),
    ({ port }) => port.setting,
  )
  const numbers = new Map<string, number>()
  for (const [name, group] of users) {
    const overridden = typeof ports === 'object' ? ports[name] : undefined
    const fixed = overridden ?? group[0]?.port.default ?? 0
    numbers.set(name, ports === 'free' || fixed === 0 ? await findFree(group) : fixed)
  }
  const portsOf = (spec: InstanceSpec) =>
    Object.fromEntries(Object.entries(spec.ports).map(([key, port]) => [key, numbers.get(port.setting) ?? 0]))
  return Object.fromEntries(
    instances.map((spec) => [spec.name, { host: hosts.get(spec.name) ?? spec.host, ports: portsOf(spec) }]),
  )
}

/**
 * Makes sure that every port of these instances can be had.
 *
 * @throws RoundtripError `PORT_IN_USE`, one line per port: the address, who wants it, who has it, what changes it.
 */
export const checkPorts = async (specs: readonly InstanceSpec[], addresses: Addresses): Promise<void> => {
  const problems: string[] = []
  for (const spec of specs) {
    const address = addresses[spec.name]
    for (const [key, port] of Object.entries(spec.ports)) {
      const number = address?.ports[key]
      if (address === undefined || number === undefined) continue
      const code = await refusal(port, address.host, number)
      if (code !== undefined) problems.push(await explain(spec, port, address.host, number, code))
    }
  }
  if (problems.length > 0) throw new RoundtripError('PORT_IN_USE', problems.join('\n'), { details: { problems } })
}

const explain = async (spec: InstanceSpec, port: Port, host: string, number: number, code: string): Promise<string> => {
  const address = host.includes(':') ? `[${host}]:${number}` : `${host}:${number}`
  if (code !== 'EADDRINUSE')
    return `${address}, which ${spec.name} needs, cannot be used (${code}); set ${port.setting}.`
  const owner = await portOwner(host, number)
  const by = owner === undefined ? '' : ` by ${owner.command} (pid ${owner.pid})`
  return `${address}, which ${spec.name} needs, is already in use${by}; stop that or set ${port.setting}.`
}
