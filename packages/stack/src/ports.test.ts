import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { assignAddresses, checkPorts, portsFrom } from './ports.ts'
import { instances, instancesOf } from './topology.ts'

test('default ports are those of the topology', async () => {
  const addresses = await assignAddresses('default')
  expect(addresses['dns']).toEqual({ host: '127.0.0.1', ports: { dns: 5300 } })
  expect(addresses['edge-1']?.ports).toEqual({ https: 8443, http: 8080, admin: 9901 })
  expect(addresses['worker-1']?.ports).toEqual({})
})

test('free ports differ from each other, and edges share theirs at different addresses', async () => {
  const addresses = await assignAddresses('free')
  expect(addresses['edge-1']?.ports).toEqual(addresses['edge-2']?.ports)
  expect(addresses['edge-1']?.host).not.toBe(addresses['edge-2']?.host)
  const others = instances
    .filter(({ name }) => name !== 'edge-2')
    .flatMap(({ name }) => Object.values(addresses[name]?.ports ?? {}))
  expect(new Set(others).size).toBe(others.length)
  await checkPorts(instances, addresses)
})

test('variables override defaults', () => {
  expect(portsFrom({ ROUNDTRIP_PORT_EDGE_HTTPS: '9443', PATH: '/bin' })).toMatchObject({
    ROUNDTRIP_PORT_EDGE_HTTPS: 9443,
    ROUNDTRIP_PORT_WEB_1: 8101,
  })
})

test('an override of 0 is any free port', async () => {
  const addresses = await assignAddresses({ ROUNDTRIP_PORT_DNS: 0 })
  expect(addresses['dns']?.ports['dns']).toBeGreaterThan(0)
})

test('a variable that is not a port, or is not known, is refused by name', () => {
  expect(() => portsFrom({ ROUNDTRIP_PORT_DNS: 'domain' })).toThrow(/ROUNDTRIP_PORT_DNS/)
  expect(() => portsFrom({ ROUNDTRIP_PORT_EGDE_HTTPS: '1' })).toThrow(/ROUNDTRIP_PORT_EGDE_HTTPS/)
})

test('a UDP port that is taken is noticed, with its owner', async () => {
  const socket = createSocket('udp4')
  onTestFinished(() => void socket.close())
  await once(socket.bind(0, '127.0.0.1'), 'listening')
  const { port } = socket.address()
  const addresses = await assignAddresses({ ROUNDTRIP_PORT_DNS: port })
  await expect(checkPorts(instancesOf('dns'), addresses)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(`(pid ${process.pid}); stop that or set ROUNDTRIP_PORT_DNS.`),
  })
})
