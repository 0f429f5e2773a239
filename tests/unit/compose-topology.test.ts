/** docker-compose.yml against the topology: the same instances, the same neighbours, and nothing given away. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { purgeLogKey } from '@roundtrip/contracts'
import {
  certificateNames,
  instances,
  instancesOf,
  networks,
  networksOf,
  projectFolder,
  purgeUser,
  type InstanceSpec,
} from '@roundtrip/stack'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface PublishedPort {
  readonly host_ip: string
  readonly published: string
  readonly target: number
  readonly protocol?: string
}
interface Container {
  readonly image: string
  readonly user?: string
  readonly init?: boolean
  readonly read_only?: boolean
  readonly cap_drop?: string[]
  readonly cap_add?: string[]
  readonly privileged?: boolean
  readonly security_opt?: string[]
  readonly mem_limit?: string
  readonly pids_limit?: number
  readonly stop_grace_period?: string
  readonly restart?: string
  readonly healthcheck?: { readonly test: string[] }
  readonly networks?: string[]
  readonly network_mode?: string
  readonly ports?: PublishedPort[]
  readonly environment?: Record<string, string | number>
  readonly volumes?: string[]
  readonly depends_on?: Record<string, { readonly condition: string }>
}
interface ComposeFile {
  readonly services: Record<string, Container>
  readonly networks: Record<string, { readonly internal?: boolean }>
}

const text = readFileSync(join(projectFolder, 'docker-compose.yml'), 'utf8')
const compose = parse(text, { merge: true }) as ComposeFile
const containers = Object.entries(compose.services)
/** `init` makes the secrets and `pki` renews certificates; the embedded stack's launcher does both itself. */
const keepers = ['init', 'pki']
const tasks = new Set(['init', ...instances.filter(({ kind }) => kind === 'task').map(({ name }) => name)])
const containerOf = ({ name }: InstanceSpec): Container => compose.services[name] ?? { image: '' }

const namesSecretFile = ({ key, value }: { key: string; value: string }): boolean =>
  key.endsWith('_FILE') && value.startsWith('/run/secrets/')

describe('the compose file', () => {
  it('has exactly the instances of the topology, and the keepers of their secrets', () => {
    expect(containers.map(([name]) => name).toSorted()).toEqual(
      [...keepers, ...instances.map(({ name }) => name)].toSorted(),
    )
  })

  it('has the networks of the topology, of which only the public one leads out', () => {
    expect(Object.keys(compose.networks).toSorted()).toEqual(Object.keys(networks).toSorted())
    const open = Object.entries(compose.networks).filter(([, { internal }]) => internal !== true)
    expect(open.map(([name]) => name)).toEqual(['public'])
  })

  it.each(instances.map((spec) => [spec.name, spec] as const))('puts %s on its networks', (_, spec) => {
    // A task is no neighbour of anybody's: it needs only the way to those it talks to.
    const towards = new Set<string>(spec.talksTo.flatMap(instancesOf).flatMap(networksOf))
    const expected = networksOf(spec).filter((name) => spec.kind !== 'task' || towards.has(name))
    expect(containerOf(spec).networks?.toSorted()).toEqual(expected.toSorted())
  })

  it.each(instancesOf('edge').map((spec) => [spec.name, spec] as const))(
    'lets %s be steered from inside its container only',
    (_, spec) => {
      const { EDGE_ADMIN_HOST: host, EDGE_ADMIN_PORT: port } = containerOf(spec).environment ?? {}
      expect({ host, port }).toEqual({ host: '127.0.0.1', port: spec.ports['admin']?.default })
    },
  )

  it.each(instances.map((spec) => [spec.name, spec] as const))('lets %s reach those it talks to', (_, spec) => {
    const own = new Set(containerOf(spec).networks)
    const cutOff = spec.talksTo.filter((name) => !compose.services[name]?.networks?.some((network) => own.has(network)))
    expect(cutOff).toEqual([])
  })

  it.each(instances.filter(({ tier }) => tier !== 'data').map((spec) => [spec.name, spec] as const))(
    'tells %s of exactly the instances it talks to',
    (_, spec) => {
      const urls = Object.values(containerOf(spec).environment ?? {}).join(' ')
      const hosts = [...urls.matchAll(/:\/\/(?:[\w-]+@)?([\w-]+):\d+/g)].map(([, host = '']) => host)
      expect([...new Set(hosts)].toSorted()).toEqual(spec.talksTo.toSorted())
    },
  )

  it('publishes the edges and the name server, on the addresses and public ports of the topology, and nothing else', () => {
    const published = containers.flatMap(([name, { ports = [] }]) =>
      ports.map(({ host_ip, published: port, protocol = 'tcp' }) => `${name} ${protocol} ${host_ip} ${port}`),
    )
    const expected = instances
      .filter(({ tier }) => tier === 'dns' || tier === 'edge')
      .flatMap(({ name, host, ports }) =>
        Object.values(ports)
          .filter(({ isInternal }) => isInternal !== true)
          .flatMap((port) =>
            port.protocol.split('+').map((protocol) => {
              const address = `\${ROUNDTRIP_HOST_${name.replace('-', '_').toUpperCase()}:-${host}}`
              return `${name} ${protocol} ${address} \${${port.setting}:-${port.default}}`
            }),
          ),
      )
    expect(published.toSorted()).toEqual(expected.toSorted())
  })

  it('makes secrets in folders that the image has, with its user as their owner', () => {
    const dockerfile = readFileSync(join(projectFolder, 'infra/docker/Dockerfile'), 'utf8')
    const mounts = compose.services['init']?.volumes?.map((volume) => volume.split(':')[1] ?? '') ?? []
    expect(mounts.length).toBeGreaterThan(0)
    const owned = new Set(/install -d -o node -g node([^&]+?)\nRUN/.exec(dockerfile)?.[1]?.match(/\/secrets\/[a-z-]+/g))
    expect(mounts.filter((mount) => !owned.has(mount))).toEqual([])
  })

  it('lets app add to the log of purges, and do nothing else in the Redis of the edges', () => {
    const script = readFileSync(join(projectFolder, 'infra/redis/start.sh'), 'utf8')
    const may = `resetkeys %W~${purgeLogKey} resetchannels -@all +auth +hello +ping +info +client|setname +xadd`
    expect(script).toContain(`may='${may}'`)
    expect(compose.services['app-1']?.environment?.['APP_PURGE_URL']).toBe(`redis://${purgeUser}@redis-edge:6379`)
    expect(script).toContain(`"user ${purgeUser} on >`)
  })

  it('serves the names that the certificate covers', () => {
    expect(compose.services['init']?.environment?.['PKI_NAMES']).toBe(certificateNames.join(','))
    const names = certificateNames.filter((name) => isIP(name) === 0).join(',')
    expect(compose.services['edge-1']?.environment?.['EDGE_HOSTS']).toBe(names)
  })
})

describe.each(containers)('the container %s', (name, container) => {
  it('gives up what it does not need', () => {
    expect(container).toMatchObject({
      init: true,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
    expect(container.user ?? 'root').not.toMatch(/^(root|0)\b/)
    expect(container.cap_add ?? []).toEqual([])
    expect(container.privileged ?? false).toBe(false)
    expect(container.mem_limit).toMatch(/^\d+m$/)
    expect(container.pids_limit).toBeGreaterThan(0)
    expect(container.stop_grace_period).toBeDefined()
  })

  it('is watched while it runs, or runs once', () => {
    const { restart, healthcheck } = container
    expect(healthcheck?.test.filter((word) => typeof word !== 'string') ?? []).toEqual([])
    const runsOnce = tasks.has(name)
    expect({ restart, isWatched: healthcheck !== undefined }).toEqual({
      restart: runsOnce ? 'no' : 'unless-stopped',
      isWatched: !runsOnce,
    })
  })

  it('has no secret in its environment, only the names of files below /run/secrets', () => {
    const given = Object.entries(container.environment ?? {}).map(([key, value]) => ({ key, value: String(value) }))
    expect(
      given.filter(({ key }) => /PASSWORD|SECRET|TOKEN|_KEY/.test(key)).filter((one) => !namesSecretFile(one)),
    ).toEqual([])
    expect(given.filter(({ value }) => /:\/\/[^/@\s]*:[^/@\s]*@/.test(value))).toEqual([])
  })
})

describe.each(containers.filter(([name]) => !keepers.includes(name)))('the container %s', (name, container) => {
  it('only reads secrets, and only those it names or its own server needs', () => {
    const mounts = (container.volumes ?? []).filter((volume) => volume.includes('-secrets:'))
    expect(mounts.filter((mount) => !/^([a-z-]+)-secrets:\/run\/secrets\/\1:ro$/.test(mount))).toEqual([])
    expect(mounts.map((mount) => mount.split(':')[0] ?? '').toSorted()).toEqual(expectedSecrets(name))
  })
})

/** Who sees which secrets. The authority's key never leaves the keepers. */
function expectedSecrets(name: string): string[] {
  const circles: Readonly<Record<string, readonly string[]>> = {
    'app-secrets': ['app-1', 'app-2'],
    'database-secrets': ['app-1', 'app-2', 'migrate', 'postgres-primary'],
    'edge-secrets': ['edge-1', 'edge-2'],
    'edge-state-secrets': ['edge-1', 'edge-2', 'redis-edge'],
    'purge-secrets': ['app-1', 'app-2', 'redis-edge'],
    'redis-secrets': ['app-1', 'app-2', 'worker-1', 'redis-cache', 'redis-queue'],
    'replication-secrets': ['postgres-primary', 'postgres-replica'],
    'superuser-secrets': ['postgres-primary'],
  }
  return Object.keys(circles).filter((secret) => circles[secret]?.includes(name))
}
