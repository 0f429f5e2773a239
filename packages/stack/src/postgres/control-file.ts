/** What a cluster says of itself while no server runs on it: `global/pg_control` (PostgreSQL's src/include/catalog/pg_control.h). */
import { open } from 'node:fs/promises'
import { join } from 'node:path'

export interface ControlFile {
  /** Given by initdb: a replica can only follow a primary with the same one. */
  readonly systemIdentifier: bigint
  /** Whether the server wrote its last checkpoint and ended, as a primary. */
  readonly isShutDown: boolean
  /** Where the last checkpoint was written. When it was shut down, nothing stands after this record. */
  readonly checkpoint: bigint
  /** At the last checkpoint. */
  readonly timeline: number
}

/** Those of `DBState`; the others are of a server that runs, that crashed, or that was a replica. */
const shutDown = 1

/** Offsets of the fields; the same in all versions since 9.4. */
const offsets = { systemIdentifier: 0, state: 16, checkpoint: 32, timeline: 48 } as const
const lengthNeeded = 52

/** @throws Error when there is no such file */
export const readControlFile = async (folder: string): Promise<ControlFile> => {
  const file = await open(join(folder, 'global/pg_control'))
  try {
    // In the byte order of the machine, which is little-endian wherever embedded Postgres runs.
    const { buffer } = await file.read(Buffer.alloc(lengthNeeded), 0, lengthNeeded, 0)
    return {
      systemIdentifier: buffer.readBigUInt64LE(offsets.systemIdentifier),
      isShutDown: buffer.readInt32LE(offsets.state) === shutDown,
      checkpoint: buffer.readBigUInt64LE(offsets.checkpoint),
      timeline: buffer.readUInt32LE(offsets.timeline),
    }
  } finally {
    await file.close()
  }
}
