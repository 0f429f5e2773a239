/** What the end-to-end suites are run against: the embedded stack, or the same tiers in containers. */
import type { EdgeAddress, Mail } from '@roundtrip/stack'

/** The means to break one instance, by whatever runs it. */
export interface TargetInstance {
  readonly name: string
  /** Orderly; it stays down until `start`. */
  stop(): Promise<void>
  /** Resolves when it is ready again. */
  start(): Promise<void>
  /** As a crash; it stays down until `start`. */
  kill(): Promise<void>
  /** It keeps its connections and answers nothing. */
  pause(): Promise<void>
  resume(): Promise<void>
}

export interface AdminQuestion {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: object
}

export interface Target {
  readonly kind: 'embedded' | 'compose'
  /** The certificate authority's certificate, PEM. */
  readonly ca: string
  readonly publicName: string
  readonly dns: { readonly host: string; readonly port: number }
  readonly edges: readonly EdgeAddress[]
  instance(name: string): TargetInstance
  /** Puts a question to the admin API of an edge. @throws Error when it says no, with its reason */
  askEdge(name: string, question: AdminQuestion): Promise<unknown>
  /** Of a tool that may change the catalogue: for `Authorization: Bearer`. */
  staffToken(): Promise<string>
  /** What the worker has delivered, oldest first. */
  mails(): Promise<Pick<Mail, 'to' | 'subject' | 'text'>[]>
  stop(): Promise<void>
}

/** A suite asks for its target before its tests and gives it back after them. */
export interface TargetSource {
  acquire(): Promise<Target>
  release(target: Target): Promise<void>
}
