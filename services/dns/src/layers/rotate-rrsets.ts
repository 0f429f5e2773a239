/** Round robin: each answer starts its RRsets at another record, since most clients take the first (RFC 1794). */
import { sameName, type ResourceRecord } from '@roundtrip/dns-wire'
import { DnsResponse, type DnsLayer } from '../dns-request.ts'

export interface RotateOptions {
  /** At least 0, below 1. */
  readonly random: () => number
}

export const rotateRrsets =
  ({ random }: RotateOptions): DnsLayer =>
  (next) =>
  async (request, context) => {
    const response = await next(request, context)
    if (response === undefined || response.message.answers.length < 2) return response
    // Sets keep their places: an alias must come before what it stands for.
    const answers = rrsets(response.message.answers).flatMap((rrset) => rotate(rrset, random))
    return new DnsResponse({ ...response.message, answers })
  }

const rotate = <T>(rrset: readonly T[], random: () => number): readonly T[] => {
  if (rrset.length < 2) return rrset
  const first = Math.floor(random() * rrset.length)
  return [...rrset.slice(first), ...rrset.slice(0, first)]
}

/** Neighbours of the same owner and type. */
const rrsets = (records: readonly ResourceRecord[]): ResourceRecord[][] => {
  const sets: ResourceRecord[][] = []
  for (const record of records) {
    const last = sets.at(-1)
    const [head] = last ?? []
    if (last !== undefined && head?.type === record.type && sameName(head.name, record.name)) last.push(record)
    else sets.push([record])
  }
  return sets
}
