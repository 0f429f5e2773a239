/** Who belongs to a pool: members join, are checked, leave when their work is done, and are told apart by their origin. */
import type { Log } from '@roundtrip/http'
import type { Transport } from './client/transport.ts'
import type { TransportOptions } from './client/transport-options.ts'
import { asksTheSame, httpCheck, startHealthChecks } from './health-check.ts'
import type { CheckResult } from './health-state.ts'
import { Member, type MemberObserver } from './member.ts'
import type { PoolSurroundings } from './pool-surroundings.ts'
import type { HealthCheckSettings } from './settings/health-settings.ts'
import type { PoolSettings } from './settings/pool-settings.ts'
import { transportOptions } from './settings/transport-settings.ts'

/** Who named a member: each source only takes back what it gave, and one that several name stays while one does. */
export type MemberSource = 'settings' | 'dns' | 'runtime'

export interface Joining {
  readonly origin: string
  readonly weight: number
  readonly zone?: string | undefined
}

export interface MembershipOptions {
  readonly pool: string
  readonly settings: () => PoolSettings
  readonly surroundings: Required<PoolSurroundings>
  readonly observer: MemberObserver
  /** Somebody joined, left, or passed or failed a check that changed its state. */
  readonly onChange: () => void
  /** A member's answer to a check has ended its ejection. */
  readonly onEjectionEnded: (member: Member) => void
}

interface Entry {
  readonly member: Member
  /** What those who name it last said; it leaves when there are none. */
  readonly namings: Map<MemberSource, Joining>
  /** Weight that was last named; what was set by hand since stands until another is. */
  namedWeight: number
  /** Whose word counts. */
  source: MemberSource
  /** That its health comes from; none while it is not checked. */
  healthCheck: HealthCheckSettings | undefined
  stopChecks: () => void
  /** Calls off the end of what it still has. */
  keepFinishing: () => void
  /** Whether its connections have been broken off, so that it needs others. */
  isBrokenOff: boolean
}

const uncheckedThresholds = { rise: 1, fall: 1 }
const nothing = (): void => {}

/** Whose word counts, first to last: somebody's own hand, then who wrote this member down, then who found an address. */
const precedence: readonly MemberSource[] = ['runtime', 'settings', 'dns']

/** What all who name a member say of it together. Only while there are any. */
const sumUp = (namings: Entry['namings']): { source: MemberSource; weight: number; zone: string | undefined } => {
  const [source] = precedence.filter((one) => namings.has(one)) as [MemberSource]
  const zones = precedence.flatMap((one) => namings.get(one)?.zone ?? [])
  return { source, weight: (namings.get(source) as Joining).weight, zone: zones[0] }
}

const newEntry = (member: Member, source: MemberSource, named: Joining): Entry => ({
  member,
  namings: new Map([[source, named]]),
  namedWeight: named.weight,
  source,
  healthCheck: undefined,
  stopChecks: nothing,
  keepFinishing: nothing,
  isBrokenOff: false,
})

export class Membership {
  readonly #options: MembershipOptions
  readonly #log: Log
  readonly #entries = new Map<string, Entry>()
  /** Connections whose last exchanges are waited for. */
  readonly #leaving = new Map<Transport, Member>()
  #isChecking = false
  readonly #latencyDecayMs = (): number => this.#options.settings().balance.decayMs
  #members: readonly Member[] = []

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#log = options.surroundings.log
  }

  /** In the order in which they joined. */
  get members(): readonly Member[] {
    return this.#members
  }

  /** @param name host and port, or the origin */
  find(name: string): Member | undefined {
    return this.#members.find((member) => member.name === name || member.origin === name)
  }

  /** Makes a source's members these: new ones join, those it no longer names leave, the others stay as they are. */
  replace(source: MemberSource, joining: readonly Joining[], isFirst: boolean): void {
    const wanted = new Map(joining.map((one) => [new URL(one.origin).origin, one]))
    for (const [origin, entry] of this.#entries) {
      if (wanted.has(origin) || !entry.namings.delete(source)) continue
      if (entry.namings.size === 0) void this.#leave(origin, entry)
      else this.#adjust(entry)
    }
    for (const [origin, one] of wanted) this.#joinOrAdjust(source, origin, one, isFirst)
    this.#changed()
  }

  add(joining: Joining): void {
    this.#joinOrAdjust('runtime', new URL(joining.origin).origin, joining, false)
    this.#changed()
  }

  /** Resolves when its exchanges have ended, or have been broken off at the deadline. */
  async remove({ origin }: Member): Promise<void> {
    const entry = this.#entries.get(origin)
    if (entry === undefined) return
    const left = this.#leave(origin, entry)
    this.#changed()
    await left
  }

  /** No new work for it. Resolves when its exchanges have ended, or have been broken off at the deadline. */
  async drainMember(member: Member): Promise<void> {
    const entry = this.#entries.get(member.origin)
    // Saying it again gives no more time.
    const deadline = entry === undefined || member.isDraining ? nothing : this.#letFinish(entry)
    await member.idle()
    deadline()
  }

  /** Takes a drained member back. @throws RoundtripError `SETTINGS_INVALID` for files of the settings that cannot be read */
  restoreMember(member: Member): void {
    const entry = this.#entries.get(member.origin)
    if (entry === undefined || !member.isDraining) return
    entry.keepFinishing()
    if (entry.isBrokenOff) this.#reconnect(entry)
    member.drainingSince = undefined
    member.drainingUntil = undefined
    member.rampFromMs = this.#options.surroundings.clock()
    this.#changed()
  }

  startChecks(): void {
    this.#isChecking = true
    for (const entry of this.#entries.values()) this.#check(entry)
    // Who is checked no longer may be back.
    this.#changed()
  }

  stopChecks(): void {
    this.#isChecking = false
    for (const entry of this.#entries.values()) entry.stopChecks()
  }

  /** New connections for all, while what is in flight ends on the old ones. */
  reconnect(): void {
    for (const entry of this.#entries.values()) this.#reconnect(entry)
  }

  /** Resolves when every exchange has ended, or has been broken off at the deadline. */
  async drain(): Promise<void> {
    await Promise.all(this.#members.map((member) => this.#drain(member)))
  }

  destroy(): void {
    for (const { transport } of this.#members) transport.destroy()
    for (const transport of this.#leaving.keys()) transport.destroy()
  }

  #joinOrAdjust(source: MemberSource, origin: string, named: Joining, isFirst: boolean): void {
    const known = this.#entries.get(origin)
    if (known !== undefined) {
      known.namings.set(source, named)
      return this.#adjust(known)
    }
    const { weight, zone } = named
    const { settings, surroundings, observer } = this.#options
    const { healthCheck = uncheckedThresholds } = settings()
    const member = new Member({
      origin,
      weight,
      zone,
      transport: this.#connect(origin, source),
      thresholds: healthCheck,
      latencyDecayMs: this.#latencyDecayMs,
      observer,
      clock: surroundings.clock,
    })
    // Those a pool begins with share all there is from the start.
    if (!isFirst) member.rampFromMs = surroundings.clock()
    const entry = newEntry(member, source, named)
    this.#entries.set(origin, entry)
    if (this.#isChecking) this.#check(entry)
  }

  #adjust(entry: Entry): void {
    const { member, namings, namedWeight, source: before } = entry
    const { weight, zone, source } = sumUp(namings)
    if (weight !== namedWeight) member.weight = weight
    member.zone = zone
    entry.namedWeight = weight
    entry.source = source
    const isOverTls = member.origin.startsWith('https:')
    if (isOverTls && this.#certificateName(before) !== this.#certificateName(source)) this.#reconnect(entry)
  }

  #connect(origin: string, source: MemberSource): Transport {
    return this.#options.surroundings.connect(this.#transportOptions(origin, source))
  }

  #transportOptions(origin: string, source: MemberSource): TransportOptions {
    const { settings, surroundings } = this.#options
    return transportOptions(origin, settings(), {
      lookup: surroundings.lookup,
      serverName: this.#certificateName(source),
    })
  }

  /** A certificate is for the name that was looked up, not for the address that was found. SRV targets are names. */
  #certificateName(source: MemberSource): string | undefined {
    const { dns } = this.#options.settings()
    return source === 'dns' && dns?.type === 'address' ? dns.name : undefined
  }

  #reconnect(entry: Entry): void {
    const { member, source } = entry
    const connected = this.#connect(member.origin, source)
    void this.#drain(member)
    member.transport = connected
    entry.isBrokenOff = false
  }

  async #leave(origin: string, { member, stopChecks, keepFinishing }: Entry): Promise<void> {
    stopChecks()
    keepFinishing()
    this.#entries.delete(origin)
    member.drainingSince ??= this.#options.surroundings.clock()
    await this.#drain(member)
  }

  /** Of the connections that the member has now. */
  async #drain(member: Member): Promise<void> {
    const { transport } = member
    const { settings, surroundings } = this.#options
    this.#leaving.set(transport, member)
    const cancel = surroundings.schedule(() => transport.destroy(), settings().drainTimeoutMs)
    await transport.drain()
    cancel()
    transport.destroy()
    this.#leaving.delete(transport)
  }

  /** @returns calls off the deadline */
  #letFinish(entry: Entry): () => void {
    const { member } = entry
    const { settings, surroundings } = this.#options
    const { drainTimeoutMs } = settings()
    member.drainingSince = surroundings.clock()
    member.drainingUntil = member.drainingSince + drainTimeoutMs
    entry.keepFinishing = surroundings.schedule(() => this.#breakOff(entry, drainTimeoutMs), drainTimeoutMs)
    this.#changed()
    return entry.keepFinishing
  }

  /** The connections that take their place are made when it is restored: until then nobody needs them. */
  #breakOff(entry: Entry, drainTimeoutMs: number): void {
    const { member } = entry
    const { pool, surroundings } = this.#options
    const facts = { upstream: pool, member: member.name, inFlight: member.inFlight }
    surroundings.log.warn(facts, `${member.name}: what had not ended in ${drainTimeoutMs} ms was broken off`)
    entry.isBrokenOff = true
    member.transport.destroy()
    for (const [transport, owner] of this.#leaving) if (owner === member) transport.destroy()
  }

  #check(entry: Entry): void {
    entry.stopChecks()
    const { settings, surroundings } = this.#options
    const { healthCheck } = settings()
    const { member, healthCheck: before } = entry
    entry.healthCheck = healthCheck
    if (healthCheck === undefined) return this.#uncheck(entry)
    if (before !== undefined && !asksTheSame(before, healthCheck)) member.health.askOtherwise()
    member.health.thresholds = healthCheck
    const check = httpCheck(member.origin, healthCheck, () => this.#connect(member.origin, entry.source))
    let ejection = 0
    entry.stopChecks = startHealthChecks({
      check: () => {
        ejection = member.ejection.current
        return check()
      },
      onResult: (result) => this.#note(member, result, ejection),
      intervalMs: () =>
        member.isHealthy ? healthCheck.intervalMs : (healthCheck.unhealthyIntervalMs ?? healthCheck.intervalMs),
      schedule: surroundings.schedule,
      random: surroundings.random,
    })
  }

  /** Nothing would ever bring back whom a former check has taken out. */
  #uncheck(entry: Entry): void {
    const { member } = entry
    entry.stopChecks = nothing
    if (!member.health.forget()) return
    const { log, clock } = this.#options.surroundings
    log.info({ upstream: this.#options.pool, member: member.name }, `${member.name} is no longer checked, and is used`)
    member.rampFromMs = clock()
  }

  /** Each change of state is logged once, however long it lasts. @param ejection that the member was in when the check began */
  #note(member: Member, result: CheckResult, ejection: number): void {
    const { answers } = member.health
    if (!member.health.record(result)) {
      const { state } = member.health
      if (member.health.answers !== answers) this.#changed()
      if (result.ok && state === 'healthy' && member.ejection.endWhenAnswering(ejection))
        this.#options.onEjectionEnded(member)
      return
    }
    const { state, reason } = member.health
    const facts = { upstream: this.#options.pool, member: member.name, reason }
    if (state === 'healthy') this.#log.info(facts, `${member.name} is healthy`)
    else this.#log.warn(facts, `${member.name} is unhealthy`)
    if (state === 'healthy') {
      member.rampFromMs = this.#options.surroundings.clock()
      // Who was away and is back is somebody new: what its requests met on the way down is not held against it.
      member.ejection.end()
    }
    this.#changed()
  }

  #changed(): void {
    this.#members = [...this.#entries.values()].map(({ member }) => member)
    this.#options.onChange()
  }
}
