/** Positions, segments and timelines of the write-ahead log (PostgreSQL documentation §28.6 and §25.3.6). */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** `0/3000148` as a number. */
export const parseLsn = (text: string): bigint => {
  const [high = '0', low = '0'] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

/** 16 MB, the default of initdb. */
const segmentBits = 24n

const hex = (number: bigint): string => number.toString(16).toUpperCase().padStart(8, '0')

/** Name of the segment with this position, without the timeline that it begins with. */
const segmentOf = (lsn: bigint): string => hex(lsn >> 32n) + hex((lsn & 0xffff_ffffn) >> segmentBits)

const filesOf = (folder: string): Promise<string[]> => readdir(join(folder, 'pg_wal')).catch(() => [])

/** Whether the cluster still has the log from this position on, on whatever timeline. */
export const hasWalFrom = async (folder: string, lsn: bigint): Promise<boolean> => {
  // A position between two segments is the end of the first one when there is no second yet.
  const wanted = new Set([segmentOf(lsn), segmentOf(lsn === 0n ? lsn : lsn - 1n)])
  return (await filesOf(folder)).some((name) => name.length === 24 && wanted.has(name.slice(8)))
}

const histories = async (folder: string): Promise<string[]> =>
  (await filesOf(folder)).filter((name) => /^[0-9A-F]{8}\.history$/.test(name)).toSorted()

/** The newest timeline that the cluster has been on, or heard of. */
export const newestTimeline = async (folder: string): Promise<number> =>
  Number.parseInt((await histories(folder)).at(-1) ?? '1', 16)

/**
 * Where the history of a cluster left a timeline for another one.
 *
 * @returns undefined when it never was on that timeline, or still is
 */
export const forkPoint = async (folder: string, timeline: number): Promise<bigint | undefined> => {
  const newest = (await filesOf(folder))
    .filter((name) => /^[0-9A-F]{8}\.history$/.test(name))
    .toSorted()
    .at(-1)
  if (newest === undefined) return undefined
  const lines = (await readFile(join(folder, 'pg_wal', newest), 'utf8')).split('\n')
  const line = lines.map((text) => text.split('\t')).find(([left]) => Number(left) === timeline)
  return line?.[1] === undefined ? undefined : parseLsn(line[1])
}
