/** Members whose success rate lies far below that of the pool: mean less k standard deviations (Envoy, "Success rate"). */
import type { Member } from '../member.ts'
import type { OutlierDetectionSettings } from '../settings/health-settings.ts'

export interface Outlier {
  readonly member: Member
  readonly reason: string
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`

const rateOf = ({ ejection }: Member): number => ejection.successes / ejection.requests

/** Nobody, as long as too few members have had enough requests to be compared. */
export const outliersOf = (members: readonly Member[], settings: OutlierDetectionSettings): Outlier[] => {
  const { successRateMinHosts, successRateMinRequests, successRateStdevPercent } = settings
  const measured = members.filter(({ ejection }) => ejection.requests >= Math.max(1, successRateMinRequests))
  if (successRateMinHosts === 0 || measured.length < successRateMinHosts) return []
  const rates = measured.map(rateOf)
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length
  const lowest = mean - (successRateStdevPercent / 100) * Math.sqrt(variance)
  return measured
    .filter((member) => rateOf(member) < lowest)
    .map((member) => ({
      member,
      reason: `success rate ${percent(rateOf(member))}, below ${percent(lowest)}`,
    }))
}
