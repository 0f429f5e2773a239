/** A stack that runs: handles on its instances, what it knows about itself, and its end. */
import type { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { configOf } from './postgres/plan.ts'
import { hostAndPort } from './service-settings.ts'
import type { Cluster } from './failover/cluster.ts'
import { StackDatabase } from './failover/stack-database.ts'
import { listenForControl, type ControlListener } from './control-listener.ts'
import { forEachInStopOrder } from './dependency-order.ts'
import type { StackEvent } from './events.ts'
import { LogFile } from './log-file.ts'
import { readMailbox } from './mailbox.ts'
import { writeOwner } from './owner.ts'
import type { Reaper } from './reaper.ts'
import type { Recipes } from './recipes.ts'
import type { Secret, SecretName } from './secrets.ts'
import { specsByRole } from './specs-by-role.ts'
import type { Roles } from './postgres/roles.ts'
import { dataAccess } from './data-access.ts'
import type {
  Addresses,
  DataAccess,
  EdgeAddress,
  InstanceAddress,
  Mail,
  Stack,
  StackAddresses,
  StackOptions,
  StatusRow,
} from './stack.ts'
import type { StateFolder } from './state-folder.ts'
import { statusOf } from './status.ts'
import { SupervisedInstance } from './supervised-instance.ts'
import { instancesOf, publicName, type InstanceSpec } from './topology.ts'

export interface RunningStackOptions {
  readonly specs: readonly InstanceSpec[]
  readonly addresses: Addresses
  readonly state: StateFolder
  readonly secrets: Readonly<Record<SecretName, Secret>>
  readonly options: StackOptions
  readonly events: EventEmitter<{ event: [StackEvent] }>
  readonly reaper: Reaper
  readonly recipes: Recipes
  readonly roles: Roles
}

const keptEvents = 1000

/** @see Stack */
export class RunningStack implements Stack {
  readonly root: string
  readonly publicName = publicName
  readonly topology: readonly InstanceSpec[]
  readonly caFile: string
  readonly ca: string
  readonly dns: { readonly host: string; readonly port: number }
  readonly edges: readonly EdgeAddress[]
  readonly addresses: Addresses
  readonly mailboxFolder: string
  readonly postgresFolder: string
  readonly database: StackDatabase
  readonly events: EventEmitter<{ event: [StackEvent] }>
  readonly stopped: Promise<void>
  readonly #parts: RunningStackOptions
  readonly #instances = new Map<string, SupervisedInstance>()
  readonly #logs: LogFile[] = []
  readonly #history: StackEvent[] = []
  readonly #onStopped: () => void
  #control: ControlListener | undefined
  #stopping: Promise<void> | undefined

  constructor(parts: RunningStackOptions) {
    const { addresses, state, events } = parts
    this.#parts = parts
    this.root = state.root
    this.topology = parts.specs
    this.caFile = parts.recipes.caFile
    this.ca = readFileSync(this.caFile, 'utf8')
    this.addresses = addresses
    this.dns = { host: this.address('dns').host, port: this.address('dns').ports['dns'] ?? 0 }
    this.edges = instancesOf('edge').map(({ name }) => {
      const { host, ports } = this.address(name)
      return { name, host, httpsPort: ports['https'] ?? 0, httpPort: ports['http'] ?? 0 }
    })
    this.mailboxFolder = state.mailbox
    this.postgresFolder = state.postgres
    this.events = events
    events.on('event', (event) => this.#remember(event))
    const stopped = Promise.withResolvers<void>()
    this.stopped = stopped.promise
    this.#onStopped = stopped.resolve
    for (const spec of parts.specs) this.#instances.set(spec.name, this.#supervise(spec))
    this.database = new StackDatabase(this.#cluster(), (name) => hostAndPort(addresses, name, 'postgres'))
  }

  get data(): DataAccess {
    const { addresses, secrets, roles } = this.#parts
    return dataAccess(addresses, secrets, roles.primary)
  }

  history(): readonly StackEvent[] {
    return this.#history
  }

  instance(name: string): SupervisedInstance {
    const instance = this.#instances.get(name)
    if (instance !== undefined) return instance
    throw new RoundtripError('USAGE', `This stack runs no ${name}, but ${[...this.#instances.keys()].join(', ')}.`)
  }

  instances(): readonly SupervisedInstance[] {
    return [...this.#instances.values()]
  }

  address(name: string): InstanceAddress {
    const address = this.#parts.addresses[name]
    if (address !== undefined) return address
    throw new RoundtripError('USAGE', `The topology knows no instance ${name}.`)
  }

  mails(): Promise<Mail[]> {
    return readMailbox(this.mailboxFolder)
  }

  async status(): Promise<StatusRow[]> {
    const { state, reaper, addresses, options, roles } = this.#parts
    const startedAt = new Date(state.owner.startedAt)
    const launcher = { startedAt, reaperPid: reaper.pid, parentPids: options.parentPids ?? [] }
    return statusOf(this.instances(), addresses, roles.primary, launcher)
  }

  logFile(name: string): string {
    return join(this.#parts.state.logs, `${name}.log`)
  }

  /** Opens the control listener and says so in `control.json`. */
  async listenForControl(): Promise<void> {
    const { state, secrets, options } = this.#parts
    if (options.control === false) return
    const token = secrets['control-token'].value
    this.#control = await listenForControl(
      {
        status: () => this.status(),
        addresses: () => this.#stackAddresses(),
        database: this.database,
        instance: (name) => this.instance(name),
        // Nobody waits for it here; a failure shows in what is left running.
        beginStop: () => void this.stop().catch(() => {}),
      },
      token,
    )
    writeOwner(state.root, { ...state.owner, url: this.#control.url, token })
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<void> {
    const { specs, reaper, state, options, recipes, roles } = this.#parts
    recipes.close()
    await this.database.close()
    await forEachInStopOrder(specsByRole(specs, roles.primary), ({ name }) => this.instance(name).stop())
    for (const instance of this.instances()) instance.abandonWaiters()
    await this.#control?.close()
    await reaper.close()
    for (const log of this.#logs) log.close()
    state.release(options.keepData === true)
    this.#onStopped()
  }

  #cluster(): Omit<Cluster, 'isClosing'> | undefined {
    const { addresses, roles, recipes, events } = this.#parts
    const { postgres } = recipes
    if (postgres === undefined) return undefined
    const apps = this.instances().filter(({ tier, kind }) => tier === 'app' && kind === 'service')
    return {
      roles,
      servers: this.instances().filter(({ kind }) => kind === 'postgres'),
      apps: apps.map((instance) => ({ instance, origin: `http://${hostAndPort(addresses, instance.name, 'http')}` })),
      folderOf: (name) => join(postgres.folder, name),
      configOf: (name) => configOf(name, postgres),
      onStep: (what) => void events.emit('event', { type: 'progress', message: `Failover: ${what}.` }),
      clock: () => performance.now(),
    }
  }

  #supervise(spec: InstanceSpec): SupervisedInstance {
    const { recipes, reaper, options, events } = this.#parts
    const log = new LogFile(this.logFile(spec.name))
    this.#logs.push(log)
    return new SupervisedInstance({
      spec,
      prepare: () => recipes.plan(spec),
      log,
      reaper,
      restart: options.restart ?? true,
      emit: (event) => void events.emit('event', event),
    })
  }

  #remember(event: StackEvent): void {
    if (event.type === 'log') return
    this.#history.push(event)
    if (this.#history.length > keptEvents) this.#history.shift()
  }

  #stackAddresses(): StackAddresses {
    const { root, caFile, dns, edges, addresses, mailboxFolder } = this
    return { root, publicName, caFile, dns, edges, addresses, mailboxFolder }
  }
}
