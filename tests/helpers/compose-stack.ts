/** The stack in containers as a target of the end-to-end suites: docker compose through testcontainers. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { instances, projectFolder, publicName } from '@roundtrip/stack'
import PostalMime from 'postal-mime'
import { DockerComposeEnvironment, getContainerRuntimeClient, type ContainerRuntimeClient } from 'testcontainers'
import { askAdmin } from './ask-admin.ts'
import { freePort } from './free-port.ts'
import { readTar, type TarEntry } from './tar.ts'
import type { AdminQuestion, Target, TargetInstance } from './target.ts'

const edgeHosts = { 'edge-1': '127.0.0.1', 'edge-2': '127.0.0.2' }
const dnsHost = '127.0.0.1'

/** Starts a stack of its own: unique project, free ports, fresh volumes. Builds what is not built. */
export const startComposeStack = async (): Promise<Target> => {
  const runtime = await getContainerRuntimeClient()
  const project = `roundtrip-test-${randomUUID().slice(0, 8)}`
  const ports = await choosePorts()
  const environment = await new DockerComposeEnvironment(projectFolder, await composeFiles(runtime))
    .withProjectName(project)
    .withEnvironment({
      ROUNDTRIP_HOST_DNS: dnsHost,
      ROUNDTRIP_HOST_EDGE_1: edgeHosts['edge-1'],
      ROUNDTRIP_HOST_EDGE_2: edgeHosts['edge-2'],
      ROUNDTRIP_PORT_DNS: String(ports.dns),
      ROUNDTRIP_PORT_EDGE_HTTPS: String(ports.https),
      ROUNDTRIP_PORT_EDGE_HTTP: String(ports.http),
    })
    // The reaper is an image to pull; `stop` and a failed `up` take everything down without it.
    .withAutoCleanup(false)
    .withBuild()
    .withClientOptions({ commandOptions: ['--wait'] })
    .up()
  const containers = new Containers(runtime, project)
  try {
    const [ca] = await containers.files('edge-1', '/run/secrets/edge/ca.pem')
    return {
      kind: 'compose',
      ca: ca?.content.toString() ?? '',
      publicName,
      dns: { host: dnsHost, port: ports.dns },
      edges: Object.entries(edgeHosts).map(([name, host]) => ({
        name,
        host,
        httpsPort: ports.https,
        httpPort: ports.http,
      })),
      instance: (name) => containers.instance(name),
      askEdge: (name, question) => containers.askEdge(name, question),
      staffToken: async () => (await containers.run('app-1', ['node', 'src/grant.ts'])).trim(),
      mails: async () => Promise.all((await containers.files('worker-1', '/mailbox')).filter(isMail).map(parseMail)),
      stop: async () => void (await environment.down()),
    }
  } catch (error) {
    await environment.down()
    throw error
  }
}

const choosePorts = async (): Promise<{ dns: number; https: number; http: number }> => {
  const onBothEdges = Object.values(edgeHosts).map((host) => ({ host, protocol: 'tcp' as const }))
  return {
    dns: await freePort([
      { host: dnsHost, protocol: 'udp' },
      { host: dnsHost, protocol: 'tcp' },
    ]),
    https: await freePort(onBothEdges),
    http: await freePort(onBothEdges),
  }
}

/** The project's file, and one that does without `init` where the engine was installed without docker-init. */
const composeFiles = async ({ container }: ContainerRuntimeClient): Promise<string[]> => {
  const { InitCommit } = (await container.dockerode.info()) as { InitCommit?: { ID?: string } }
  if (InitCommit?.ID !== 'N/A') return ['docker-compose.yml']
  process.stderr.write('This Docker engine has no docker-init: the containers are tested without `init: true`.\n')
  const overlay = join(mkdtempSync(join(tmpdir(), 'roundtrip-compose-')), 'without-init.yml')
  const services = ['init', 'pki', ...instances.map(({ name }) => name)].map((name) => [name, { init: false }] as const)
  writeFileSync(overlay, JSON.stringify({ services: Object.fromEntries(services) }))
  return ['docker-compose.yml', overlay]
}

const isMail = ({ name }: TarEntry): boolean => name.endsWith('.eml') && !name.split('/').at(-1)?.startsWith('.')

const parseMail = async ({ content }: TarEntry) => {
  const { to = [], subject = '', text = '' } = await PostalMime.parse(content)
  return { to: to.map(({ address }) => address ?? ''), subject, text }
}

/** The containers of one project, by the names of their instances. */
class Containers {
  readonly #runtime: ContainerRuntimeClient
  readonly #project: string

  constructor(runtime: ContainerRuntimeClient, project: string) {
    this.#runtime = runtime
    this.#project = project
  }

  instance(name: string): TargetInstance {
    const container = this.#container(name)
    return {
      name,
      stop: () => container.stop(),
      start: async () => {
        await container.start()
        await this.#healthy(name)
      },
      kill: () => container.kill(),
      pause: () => container.pause(),
      resume: () => container.unpause(),
    }
  }

  /** From inside the container: nobody else reaches the admin API. */
  async askEdge(name: string, question: AdminQuestion): Promise<unknown> {
    const program = `(${String(askAdmin)})('http://127.0.0.1:9901', ${JSON.stringify(question)}).then((answer) => console.log(JSON.stringify(answer)))`
    return JSON.parse(await this.run(name, ['node', '-e', program])) as unknown
  }

  /** @returns what the command prints @throws Error with what it complains about when it fails */
  async run(name: string, command: string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await this.#runtime.container.exec(this.#container(name), command)
    if (exitCode !== 0) throw new Error(stderr)
    return stdout
  }

  /** Oldest first. Works on a container that is stopped, too. */
  async files(name: string, path: string): Promise<TarEntry[]> {
    const entries = await readTar(await this.#container(name).getArchive({ path }))
    return entries.toSorted((a, b) => a.modifiedAt.getTime() - b.modifiedAt.getTime())
  }

  #container(name: string) {
    return this.#runtime.container.getById(`${this.#project}-${name}-1`)
  }

  async #healthy(name: string): Promise<void> {
    const deadline = AbortSignal.timeout(60_000)
    for (;;) {
      const { State } = await this.#container(name).inspect()
      if (State.Health?.Status === 'healthy') return
      // Rejects with the deadline's reason once it has passed.
      await delay(100, undefined, { signal: deadline })
    }
  }
}
