/** A pool of next hops: who belongs to it, who may be given work, and who shall have this request. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpContext } from '@roundtrip/http'
import type { Attempt } from './attempt.ts'
import { candidatesOf, type Candidates } from './candidates.ts'
import { MemberDiscovery } from './discovery/member-discovery.ts'
import { OutlierDetection } from './ejection/outlier-detection.ts'
import { FailureRateBreaker } from './failure-rate-breaker.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import type { Member } from './member.ts'
import type { Outcome } from './member-counters.ts'
import { statusOf } from './member-status.ts'
import { Membership, type Joining } from './membership.ts'
import { newPoolCounters, type PoolCounters, type PoolStatus } from './pool-status.ts'
import { withDefaults, type PoolSurroundings } from './pool-surroundings.ts'
import { RetryBudget } from './retry-budget.ts'
import { selectionFor } from './selection/select-by.ts'
import type { Selection } from './selection/selection.ts'
import { StickyCookie } from './selection/sticky-cookie.ts'
import type { PoolSettings } from './settings/pool-settings.ts'
import { assertPoolSettings, needsNewTransports } from './settings/transport-settings.ts'

/** How often ejections, ramps and success rates are looked at. */
const sweepIntervalMs = 1000
/** What latencies of a second ago still count. */
const latencyKept = 0.9

/** @throws RoundtripError `SETTINGS_INVALID` for files of the settings that cannot be read */
export const createPool = (name: string, settings: PoolSettings, surroundings: PoolSurroundings): Pool =>
  new Pool(name, settings, surroundings)

export class Pool {
  readonly name: string
  readonly counters: PoolCounters = newPoolCounters()
  readonly budget: RetryBudget
  readonly breaker: FailureRateBreaker
  readonly latencies = new LatencyHistogram()
  readonly surroundings: Required<PoolSurroundings>
  /** Retries and hedges that have not ended. */
  retriesInFlight = 0
  #settings: PoolSettings
  #selection: Selection
  #sticky: StickyCookie | undefined
  #candidates: Candidates = { preferred: [], usable: [], lastResort: [], isPanic: false, isRamping: false }
  readonly #membership: Membership
  readonly #discovery: MemberDiscovery
  readonly #outliers: OutlierDetection
  #isStarted = false
  #stops: (() => void)[] = []

  constructor(name: string, settings: PoolSettings, surroundings: PoolSurroundings) {
    assertPoolSettings(settings)
    this.name = name
    this.#settings = settings
    this.surroundings = withDefaults(surroundings)
    const { clock } = this.surroundings
    this.#selection = selectionFor(settings.balance, this.surroundings)
    this.#sticky = stickyOf(settings, name)
    this.budget = new RetryBudget(() => this.#settings.retry, clock)
    this.breaker = new FailureRateBreaker(() => this.#settings.circuitBreaker, clock)
    this.#outliers = new OutlierDetection({
      settings: () => this.#settings.outlierDetection,
      members: () => this.members,
      clock,
      onChange: (member) => this.#ejectionChanged(member),
    })
    this.#membership = new Membership({
      pool: name,
      settings: () => this.#settings,
      surroundings: this.surroundings,
      observer: this,
      onChange: () => this.#refresh(),
      onEjectionEnded: (member) => this.#ejectionChanged(member),
    })
    this.#discovery = new MemberDiscovery({ pool: name, membership: this.#membership, surroundings: this.surroundings })
    this.#membership.replace('settings', settings.members, true)
  }

  get settings(): PoolSettings {
    return this.#settings
  }

  get members(): readonly Member[] {
    return this.#membership.members
  }

  /** Undefined unless clients are kept with their members. */
  get sticky(): StickyCookie | undefined {
    return this.#sticky
  }

  /**
   * One that has not been tried: of those preferred, else of all usable ones, else of the last resort. Else one that has
   * been tried; undefined when none is left.
   */
  choose(attempt: Attempt, context: HttpContext): Member | undefined {
    const { tried } = attempt
    const kept = this.#sticky?.memberOf(attempt)
    if (kept !== undefined && !tried.includes(kept) && this.#candidates.usable.includes(kept)) return kept
    const chosen = this.#selection.choose(attempt, context, tried)
    if (chosen !== undefined) return chosen
    const { usable, lastResort } = this.#candidates
    return this.#untriedOf(usable, tried) ?? this.#untriedOf(lastResort, tried) ?? this.#again(attempt, context)
  }

  /** Whether anybody is left who has not been tried. */
  hasUntried(tried: readonly Member[]): boolean {
    const { usable, lastResort } = this.#candidates
    return this.#untriedOf(usable, tried) !== undefined || this.#untriedOf(lastResort, tried) !== undefined
  }

  /** For members: how an attempt ended. */
  observe(member: Member, outcome: Outcome, latencyMs: number, beganMs: number): void {
    if (outcome !== 'none') {
      this.latencies.observe(latencyMs)
      this.surroundings.onLatency(latencyMs)
    }
    this.breaker.observe(outcome, beganMs)
    this.#outliers.observe(member, outcome)
  }

  /** Begins health checks and discovery, the first at once. */
  start(): void {
    this.stop()
    this.#isStarted = true
    this.#membership.startChecks()
    const { dns } = this.#settings
    if (dns !== undefined) this.#stops.push(this.#discovery.start(dns))
    this.#scheduleSweep()
  }

  /** Resolves when members have been looked up once, whatever came of it; at once when they are all in the settings. */
  async ready(): Promise<void> {
    if (this.#settings.dns !== undefined) await this.#discovery.ready
  }

  /** Ends health checks and discovery. */
  stop(): void {
    this.#isStarted = false
    this.#membership.stopChecks()
    for (const stop of this.#stops.splice(0)) stop()
  }

  /** New connections with certificates and keys read anew, while what is in flight ends on the old ones. @throws RoundtripError `SETTINGS_INVALID` */
  reconnect(): void {
    assertPoolSettings(this.#settings)
    this.#membership.reconnect()
    if (this.#isStarted) this.start()
  }

  /** Takes other settings over: members that stay keep their health and figures, and their connections unless those are to be made otherwise. @throws RoundtripError `SETTINGS_INVALID`, nothing being changed */
  update(settings: PoolSettings): void {
    assertPoolSettings(settings)
    const before = this.#settings
    this.#settings = settings
    if (!isEqual(before.balance, settings.balance)) {
      this.#selection = selectionFor(settings.balance, this.surroundings)
      this.#sticky = stickyOf(settings, this.name)
    }
    if (needsNewTransports(before, settings)) this.#membership.reconnect()
    this.#membership.replace('settings', settings.members, false)
    if (settings.dns === undefined) this.#discovery.end()
    if (this.#isStarted && isWatchedOtherwise(before, settings)) this.start()
  }

  /** Until it is removed, whatever settings and DNS say. */
  addMember(joining: Joining): void {
    this.#membership.add(joining)
  }

  /** Resolves when its exchanges have ended, or were broken off at `drainTimeoutMs`. @throws RoundtripError `NOT_FOUND` */
  async removeMember(name: string): Promise<void> {
    await this.#membership.remove(this.#find(name))
  }

  /**
   * No new work for the member until `restoreMember` takes it back. Resolves when its exchanges have ended, or were broken
   * off at `drainTimeoutMs`. @throws RoundtripError `NOT_FOUND`
   */
  async drainMember(name: string): Promise<void> {
    await this.#membership.drainMember(this.#find(name))
  }

  /** @throws RoundtripError `NOT_FOUND`; `SETTINGS_INVALID` for files of the settings that can no longer be read */
  restoreMember(name: string): void {
    this.#membership.restoreMember(this.#find(name))
  }

  /** @param weight 0 takes no new work @throws RoundtripError `NOT_FOUND` */
  setWeight(name: string, weight: number): void {
    this.#find(name).weight = weight
    this.#refresh()
  }

  /** Ends checks and resolves when every exchange has ended, or was broken off at `drainTimeoutMs`. No request may be sent any more. */
  async drain(): Promise<void> {
    this.stop()
    await this.#membership.drain()
  }

  /** Breaks off what is left. */
  close(): void {
    this.stop()
    this.#membership.destroy()
  }

  status(): PoolStatus {
    const { preferred, isPanic } = this.#candidates
    const total = preferred.reduce((sum, { weight }) => sum + weight, 0)
    const shares = new Map(preferred.map(({ member, weight }) => [member, weight / total]))
    const nowMs = this.surroundings.clock()
    const { decayMs } = this.#settings.balance
    return {
      name: this.name,
      members: this.members.map((member) => statusOf(member, shares.get(member) ?? 0, nowMs, decayMs)),
      isPanic,
      circuit: this.breaker.state,
      inFlight: this.members.reduce((sum, { inFlight }) => sum + inFlight, 0),
      retryBudget: this.budget.available,
      latencyMs: {
        p50: this.latencies.percentile(50),
        p95: this.latencies.percentile(95),
        p99: this.latencies.percentile(99),
      },
      ...(this.#discovery.status !== undefined && { discovery: this.#discovery.status }),
      counters: { ...this.counters },
    }
  }

  /** Any of them, so that the first does not get all. */
  #untriedOf(members: readonly Member[], tried: readonly Member[]): Member | undefined {
    const untried = members.filter((member) => !tried.includes(member))
    return untried[Math.floor(this.surroundings.random() * untried.length)]
  }

  #again(attempt: Attempt, context: HttpContext): Member | undefined {
    return attempt.tried.length === 0 ? undefined : this.#selection.choose(attempt, context, [])
  }

  #find(name: string): Member {
    const member = this.#membership.find(name)
    if (member === undefined) throw new RoundtripError('NOT_FOUND', `${name} is no member of the pool ${this.name}.`)
    return member
  }

  /** Whenever somebody's state, weight or membership has changed: requests then need not ask. */
  #refresh(): void {
    const { panicThresholdPercent, zone, slowStartMs } = this.#settings
    const before = this.#candidates
    const nowMs = this.surroundings.clock()
    this.#candidates = candidatesOf(this.members, { panicThresholdPercent, zone, slowStartMs, nowMs })
    this.#selection.use(this.#candidates.preferred)
    this.#sticky?.use(this.members)
    if (before.isPanic === this.#candidates.isPanic) return
    const facts = { upstream: this.name, members: this.members.length }
    if (before.isPanic) this.surroundings.log.info(facts, `${this.name}: enough members are healthy again`)
    else this.surroundings.log.warn(facts, `${this.name}: too few members are healthy, others are used too`)
  }

  #ejectionChanged(member: Member): void {
    const { isEjected, reason, until } = member.ejection
    const facts = { upstream: this.name, member: member.name, reason, ...(isEjected && { until }) }
    if (isEjected) this.surroundings.log.warn(facts, `${member.name} is ejected`)
    else {
      member.rampFromMs = this.surroundings.clock()
      this.surroundings.log.info(facts, `${member.name} is back after its ejection`)
    }
    this.#refresh()
  }

  #scheduleSweep(): void {
    const cancel = this.surroundings.schedule(() => {
      this.#stops = this.#stops.filter((stop) => stop !== cancel)
      this.sweep()
      this.#scheduleSweep()
    }, sweepIntervalMs)
    this.#stops.push(cancel)
  }

  /** Once a second while started: what time alone changes. */
  sweep(): void {
    this.#outliers.sweep()
    this.latencies.fade(latencyKept)
    if (this.#candidates.isRamping) this.#refresh()
  }
}

const stickyOf = ({ balance }: PoolSettings, name: string): StickyCookie | undefined =>
  balance.sticky === undefined ? undefined : new StickyCookie(balance.sticky, name)

/** Whether checks and discovery have to begin anew. */
const isWatchedOtherwise = (before: PoolSettings, after: PoolSettings): boolean =>
  !isEqual([before.dns, before.healthCheck, before.tls], [after.dns, after.healthCheck, after.tls])

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
