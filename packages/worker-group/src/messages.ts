/** What a parent and its workers say to each other on their channel, beside the line that runService sends when it is ready. */

/** By listener, such as `https`, and slot, the first for slot 1: descriptors of one inherited socket, several of the same. */
export type InheritedSockets = Readonly<Record<string, readonly (readonly number[])[]>>

/** What a worker needs to know before it can start. */
export interface Assignment {
  readonly type: 'assignment'
  /** From 1. A replacement has the slot of its predecessor. */
  readonly slot: number
  readonly sockets: InheritedSockets
  /** What else the service wants its workers to know; structured-cloneable. */
  readonly briefing: unknown
}

export type ToWorker =
  | Assignment
  /** The worker of another slot is gone: take its connections, until `uncover`. */
  | { readonly type: 'cover' | 'uncover'; readonly slot: number }
  /** With an id: a reply is waited for. */
  | { readonly type: 'deliver'; readonly id?: number; readonly topic: string; readonly payload: unknown }
  | { readonly type: 'replies'; readonly id: number; readonly values: readonly unknown[] }

export type ToParent =
  | { readonly type: 'hello' }
  | { readonly type: 'ready'; readonly listeners: Readonly<Record<string, string>> }
  | { readonly type: 'publish'; readonly topic: string; readonly payload: unknown }
  | {
      readonly type: 'request'
      readonly id: number
      readonly topic: string
      readonly payload: unknown
      readonly timeoutMs: number
      readonly whom: 'all' | 'parent'
    }
  /** Without `reply`: nobody has subscribed there, or the handler failed. */
  | { readonly type: 'reply'; readonly id: number; readonly reply?: { readonly value: unknown } }
