/** Who is the primary: written down before a promotion, so that every later start goes the same way. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { firstPrimary } from '../topology.ts'

/** Names of instances say where they began; the file `primary` beside their data folders says which one is it now. */
export class Roles {
  readonly #file: string
  #primary: string
  #isChanging = false
  #exception: string | undefined

  /** @param folder parent of the data folders @param known instances that may be it */
  constructor(folder: string, known: readonly string[]) {
    this.#file = join(folder, 'primary')
    this.#primary = readIfThere(this.#file) ?? firstPrimary
    if (known.includes(this.#primary)) return
    const message = `${this.#file} names ${JSON.stringify(this.#primary)} as primary, but there is only ${known.join(', ')}: write one of them into it.`
    throw new RoundtripError('STACK_START_FAILED', message)
  }

  get primary(): string {
    return this.#primary
  }

  /** From now on, also after a crash of the machine. */
  setPrimary(name: string): void {
    const temporary = `${this.#file}.new`
    withFile(temporary, 'w', (file) => {
      writeSync(file, `${name}\n`)
      fsyncSync(file)
    })
    renameSync(temporary, this.#file)
    this.#primary = name
    // The renaming, too.
    withFile(dirname(this.#file), 'r', fsyncSync)
  }

  /** @param name of the server that is to be started @throws RoundtripError `FAILOVER_IN_PROGRESS` */
  throwIfChanging(name: string): void {
    if (this.#isChanging && name !== this.#exception) throw new RoundtripError('FAILOVER_IN_PROGRESS')
  }

  /** Lets the change itself start one of them. */
  async exceptFor<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.#exception = name
    return work().finally(() => {
      this.#exception = undefined
    })
  }

  /**
   * Nobody is started while the work goes on: a former primary that came up in between would take writes.
   *
   * @throws RoundtripError `FAILOVER_IN_PROGRESS`
   */
  async whileChanging<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isChanging) throw new RoundtripError('FAILOVER_IN_PROGRESS')
    this.#isChanging = true
    return work().finally(() => {
      this.#isChanging = false
    })
  }
}

const withFile = (path: string, flags: 'r' | 'w', work: (file: number) => void): void => {
  const file = openSync(path, flags, 0o644)
  try {
    work(file)
  } finally {
    closeSync(file)
  }
}

const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
