/** What a running stack offers: to tests, to the command line, and through the control listener. */
import type { EventEmitter } from 'node:events'
import type { DatabaseControl, DatabaseRole } from './database-control.ts'
import type { StackEvent } from './events.ts'
import type { InstanceSpec, Kind, Tier } from './topology.ts'

/**
 * `paused` is stopped by SIGSTOP, `backoff` waits to be started again after a crash, `finished` is a task that
 * succeeded, `failed` an instance that ended by itself and is not started again.
 */
export type InstanceState = 'stopped' | 'starting' | 'ready' | 'paused' | 'stopping' | 'backoff' | 'finished' | 'failed'

/** Where an instance listens: one host, ports by purpose as in the topology. */
export interface InstanceAddress {
  readonly host: string
  readonly ports: Readonly<Record<string, number>>
}

/** By instance name; every instance of the topology has one, also those that were not started. */
export type Addresses = Readonly<Record<string, InstanceAddress>>

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** ISO 8601. */
  readonly at: string
}

/** A handle on one process. Every method resolves when its effect has been observed, not when it was asked for. */
export interface Instance {
  readonly name: string
  readonly tier: Tier
  readonly kind: Kind
  readonly state: InstanceState
  readonly pid: number | undefined
  /** Of the current process. */
  readonly startedAt: Date | undefined
  /** How often it was started again after it ended by itself. */
  readonly restarts: number
  readonly lastExit: Exit | undefined
  /** Asks it to drain, kills it after the deadline; it stays down until `start`. */
  stop(): Promise<void>
  /** Starts it and waits until it is ready. Nothing happens when it already is. */
  start(): Promise<void>
  restart(): Promise<void>
  /** As a crash: it is started again after a backoff unless the stack was started with `restart: false`. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(): Promise<void>
  /** SIGCONT. */
  resume(): Promise<void>
  /** Resolves at once when it is in that state already. Rejects when the stack is stopped first. */
  waitFor(state: InstanceState): Promise<void>
}

export interface StatusRow {
  readonly name: string
  /** `launcher` is the process that supervises the others, its reaper included. */
  readonly tier: Tier | 'launcher'
  readonly kind: Kind | 'launcher'
  readonly state: InstanceState
  readonly pid: number | undefined
  readonly uptimeMs: number | undefined
  /** Proportional set size of the process and its children; resident set size where the system has no PSS. */
  readonly memoryBytes: number | undefined
  readonly restarts: number
  readonly lastExit: Exit | undefined
  /** Of a Postgres server. */
  readonly role?: DatabaseRole
  /** `127.0.0.1:8443` by purpose. */
  readonly addresses: Readonly<Record<string, string>>
}

export interface EdgeAddress {
  readonly name: string
  readonly host: string
  readonly httpsPort: number
  readonly httpPort: number
}

/** How the outside reaches a stack: what a client, a browser or a tracer needs. */
export interface StackAddresses {
  /** Folder of state, logs, secrets and certificates. */
  readonly root: string
  /** `www.roundtrip.test`. */
  readonly publicName: string
  readonly caFile: string
  readonly dns: { readonly host: string; readonly port: number }
  readonly edges: readonly EdgeAddress[]
  readonly addresses: Addresses
  readonly mailboxFolder: string
}

/** A mail found in the mailbox folder. */
export interface Mail {
  readonly file: string
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** What is needed to talk to the data tier directly. */
export interface DataAccess {
  readonly primaryUrl: string
  readonly replicaUrl: string
  readonly databasePassword: string
  readonly cacheUrl: string
  readonly queueUrl: string
  readonly redisPassword: string
}

export interface Stack extends StackAddresses {
  readonly topology: readonly InstanceSpec[]
  /** The certificate authority's certificate, PEM. */
  readonly ca: string
  /** As the roles are at the moment. */
  readonly data: DataAccess
  readonly database: DatabaseControl
  /** Where the Postgres servers keep their data: below `root` unless the account that runs them cannot reach that. */
  readonly postgresFolder: string
  /** Emits `event`. Log lines included. */
  readonly events: EventEmitter<{ event: [StackEvent] }>
  /** The last 1,000 events that are not log lines, oldest first. */
  history(): readonly StackEvent[]
  /** @throws RoundtripError `USAGE` for a name the stack does not run. */
  instance(name: string): Instance
  instances(): readonly Instance[]
  /** @throws RoundtripError `USAGE` for a name the topology does not know. */
  address(name: string): InstanceAddress
  /** What the mailbox folder holds, oldest first. */
  mails(): Promise<Mail[]>
  status(): Promise<StatusRow[]>
  /** Path of the log of an instance. */
  logFile(name: string): string
  /** Resolves when the stack has stopped, whoever asked for it. */
  readonly stopped: Promise<void>
  /** Stops everything, dependants first, and removes the folder when it was a temporary one. Safe to call twice. */
  stop(): Promise<void>
}

export interface StackOptions {
  /** State folder. Default: a fresh temporary one, removed by `stop`. */
  readonly root?: string
  /** `free` for tests; an object overrides defaults by setting, e.g. `{ ROUNDTRIP_PORT_DNS: 53 }`. Default: free. */
  readonly ports?: 'default' | 'free' | Readonly<Record<string, number>>
  /** Names or tiers to run, e.g. `['data']`. Default: all. */
  readonly include?: readonly string[]
  /** Variables by instance or tier, over those rendered from the topology; the instance's own win. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly onEvent?: (event: StackEvent) => void
  /** Whether an empty database is filled with the example data. Default: true. */
  readonly seed?: boolean
  /** Keeps a temporary folder after `stop`. Default: false. A folder named by `root` is always kept. */
  readonly keepData?: boolean
  /** Whether what ends by itself is started again. Default: true. */
  readonly restart?: boolean
  /** Whether Postgres waits for the disk. Default: true when `root` is given, false for a temporary folder. */
  readonly durable?: boolean
  /** Processes that are there only to run this one; `status` counts their memory with the launcher's. */
  readonly parentPids?: readonly number[]
  /** Starts the control listener. Default: true. */
  readonly control?: boolean
  /** Calls the start off: what runs already is stopped, and `startStack` rejects. */
  readonly signal?: AbortSignal
  /** Entry point by instance, in place of the service's own `main.ts`: how a test runs a stand-in. */
  readonly entryPoints?: Readonly<Record<string, string>>
}
