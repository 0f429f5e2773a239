/** One real data tier for all integration tests of a run: Postgres primary and replica, Redis. */
import { startStack, type DataAccess } from '@roundtrip/stack'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Shared by all files: each makes a database and key prefix of its own. */
    readonly dataTier: DataAccess
  }
}

/** vitest `globalSetup`; returns the teardown. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const stack = await startStack({ include: ['data'], control: false })
  project.provide('dataTier', stack.data)
  return () => stack.stop()
}
