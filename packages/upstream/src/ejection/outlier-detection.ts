/** Outlier detection: members that fail more than others are ejected for a while (Envoy, "Outlier detection"). */
import type { Member } from '../member.ts'
import type { Outcome } from '../member-counters.ts'
import type { OutlierDetectionSettings } from '../settings/health-settings.ts'
import { outliersOf } from './success-rate.ts'

export interface OutlierDetectionOptions {
  readonly settings: () => OutlierDetectionSettings
  readonly members: () => readonly Member[]
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** A member was ejected, or has come back. */
  readonly onChange: (member: Member) => void
}

export class OutlierDetection {
  readonly #options: OutlierDetectionOptions
  #nextIntervalAt: number

  constructor(options: OutlierDetectionOptions) {
    this.#options = options
    this.#nextIntervalAt = options.clock() + options.settings().intervalMs
  }

  /** On every answer: costs a few increments as long as all is well. */
  observe(member: Member, outcome: Outcome): void {
    // One that is drained gets no work that an ejection could spare it, and what it has may be broken off by us.
    if (outcome === 'none' || member.isDraining) return
    const { ejection } = member
    ejection.requests++
    if (outcome === 'success') {
      ejection.successes++
      ejection.serverErrorsInRow = 0
      ejection.gatewayErrorsInRow = 0
      ejection.unansweredInRow = 0
      return
    }
    ejection.serverErrorsInRow++
    ejection.gatewayErrorsInRow = outcome === 'server-error' ? 0 : ejection.gatewayErrorsInRow + 1
    ejection.unansweredInRow = outcome === 'unanswered' ? ejection.unansweredInRow + 1 : 0
    this.#ejectIfTooManyInRow(member)
  }

  /** Regularly: brings back who has been out long enough, and compares success rates once an interval. */
  sweep(): void {
    const now = this.#options.clock()
    for (const member of this.#options.members()) {
      if (now < member.ejection.until || !member.ejection.isEjected) continue
      member.ejection.end()
      this.#options.onChange(member)
    }
    if (now < this.#nextIntervalAt) return
    this.#nextIntervalAt = now + this.#options.settings().intervalMs
    this.#compare()
  }

  #ejectIfTooManyInRow(member: Member): void {
    const { consecutive5xx, consecutiveGatewayErrors } = this.#options.settings()
    const { gatewayErrorsInRow, serverErrorsInRow, unansweredInRow } = member.ejection
    if (consecutiveGatewayErrors > 0 && gatewayErrorsInRow >= consecutiveGatewayErrors)
      this.#eject(member, `${gatewayErrorsInRow} gateway errors in a row`, unansweredInRow >= gatewayErrorsInRow)
    else if (consecutive5xx > 0 && serverErrorsInRow >= consecutive5xx)
      this.#eject(member, `${serverErrorsInRow} errors in a row`, unansweredInRow >= serverErrorsInRow)
  }

  #compare(): void {
    const members = this.#options.members()
    for (const { member, reason } of outliersOf(members, this.#options.settings())) this.#eject(member, reason, false)
    for (const { ejection } of members) {
      ejection.requests = 0
      ejection.successes = 0
      ejection.forgive()
    }
  }

  #eject(member: Member, reason: string, isUnanswered: boolean): void {
    if (member.ejection.isEjected || !this.#mayEject()) return
    member.ejection.eject(reason, isUnanswered, this.#options.clock(), this.#options.settings())
    member.counters.ejections++
    this.#options.onChange(member)
  }

  /** When most members look bad, the fault lies elsewhere; and those left could not carry the load. */
  #mayEject(): boolean {
    const members = this.#options.members()
    const ejected = members.filter(({ ejection }) => ejection.isEjected).length
    if (members.length < 2) return false
    return ejected === 0 || ((ejected + 1) / members.length) * 100 <= this.#options.settings().maxEjectedPercent
  }
}
