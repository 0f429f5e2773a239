/** `control.json`: who runs the stack of a folder, and how to talk to it. Mode 0600, as it holds the token. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSameProcess } from './process-table.ts'

export interface Owner {
  readonly pid: number
  /** Tells the process from a later one with the same pid. */
  readonly startToken: string
  /** ISO 8601. */
  readonly startedAt: string
  /** Of the control listener; absent until it listens. */
  readonly url?: string
  readonly token?: string
}

const fileIn = (root: string): string => join(root, 'control.json')

export const writeOwner = (root: string, owner: Owner): void => {
  const temporary = `${fileIn(root)}.tmp`
  writeFileSync(temporary, `${JSON.stringify(owner, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(temporary, fileIn(root))
}

export const removeOwner = (root: string): void => rmSync(fileIn(root), { force: true })

/** The owner, if it still runs. */
export const readOwner = (root: string): Owner | undefined => {
  try {
    const owner = JSON.parse(readFileSync(fileIn(root), 'utf8')) as Owner
    return isSameProcess(owner.pid, owner.startToken) ? owner : undefined
  } catch {
    return undefined
  }
}
