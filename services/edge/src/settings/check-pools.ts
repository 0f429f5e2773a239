/** Holds each pool against what its parts need of each other and of the file system. */
import type { Report } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { assertPoolSettings } from '@roundtrip/upstream'
import type { EdgeFile } from './edge-file.ts'

export const checkPools = (pools: EdgeFile['pools'], report: Report): void => {
  for (const [name, pool] of Object.entries(pools)) {
    const problem = problemOf(() => assertPoolSettings(pool))
    if (problem !== undefined) report({ path: ['pools', name], isKey: false }, problem)
    const { source, name: field } = pool.balance.hashOn
    if (pool.balance.algorithm === 'consistent-hash' && needsName(source) && field === undefined)
      report({ path: ['pools', name, 'balance', 'hashOn'], isKey: false }, `hashes the ${source}: say which as name`)
    if ((pool.tls.certificateFile === undefined) !== (pool.tls.keyFile === undefined))
      report({ path: ['pools', name, 'tls'], isKey: false }, 'certificateFile and keyFile go together')
  }
}

const needsName = (source: string): boolean => source === 'header' || source === 'cookie'

const problemOf = (act: () => void): string | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof RoundtripError) return error.message
    throw error
  }
}
