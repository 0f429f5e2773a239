/** What happened behind the first tier, put together from what each tier reported of itself (W3C Server Timing). */
import type { ServerTiming } from '@roundtrip/http'

/** A stretch of time on the trace's own clock. */
export interface Window {
  readonly startMs: number
  readonly durationMs: number
}

export interface TierSpan extends Window {
  readonly name: string
  /** The instance of a tier, `hit` or `miss` of the cache, the node of the database. */
  readonly description?: string
  /** Which layer of the tier answered. */
  readonly by?: string
  /** 0 for the tier next to the client. */
  readonly depth: number
  /** What the tier said; `durationMs` may be less where it would not fit into the tier around it. */
  readonly reportedMs: number
  /** Without the spans inside it. */
  readonly selfMs: number
}

/** How the wait for the first byte divides; `networkMs` and every `selfMs` add up to it. */
export interface WaitSplit {
  /** The wait less what the first tier reported: the way there and back, and both kernels. */
  readonly networkMs: number
  /** Outermost first, each followed by what is inside it. */
  readonly spans: readonly TierSpan[]
  /** Metrics of servers that are no tier of this stack: shown, but nobody knows what they lie within. */
  readonly others: readonly ServerTiming[]
}

/** Whatever stands before one of these in the field happened inside it: each hop appends itself on the way back. */
const hops = new Set(['edge', 'web', 'app'])

interface Node {
  readonly metric: ServerTiming
  readonly children: readonly Node[]
}

/** Metrics in wire order, innermost first, as a tree. */
const nest = (metrics: readonly ServerTiming[]): Node[] => {
  let pending: Node[] = []
  for (const metric of metrics) {
    if (hops.has(metric.name)) pending = [{ metric, children: loadedThroughCache(pending) }]
    else pending.push({ metric, children: [] })
  }
  return pending
}

/**
 * A cache that was missed counts the load as its own time (cache-aside), so what it loaded from lies within it. It
 * stands before the database all the same: the order between the two says nothing.
 */
const loadedThroughCache = (nodes: readonly Node[]): readonly Node[] => {
  const cache = nodes.find(({ metric }) => metric.name === 'cache')
  const loads = nodes.filter(({ metric }) => metric.name === 'db')
  const loadMs = sum(loads.map(({ metric }) => metric.durationMs ?? 0))
  if (cache === undefined || loads.length === 0 || (cache.metric.durationMs ?? 0) < loadMs) return nodes
  return nodes
    .filter((node) => !loads.includes(node))
    .map((node) => (node === cache ? { ...cache, children: [...cache.children, ...loads] } : node))
}

/**
 * Children are centred in their parent, one after another, as tracers do for clocks that are not synchronised.
 * What does not fit is scaled down: time inside a parent cannot be more than the parent's.
 */
const place = (nodes: readonly Node[], window: Window, depth: number): TierSpan[] => {
  const reported = nodes.map(({ metric }) => Math.max(0, metric.durationMs ?? 0))
  const scale = scaleToFit(sum(reported), window.durationMs)
  let startMs = window.startMs + (window.durationMs - sum(reported) * scale) / 2
  return nodes.flatMap(({ metric, children }, index) => {
    const reportedMs = reported[index] ?? 0
    const own: Window = { startMs, durationMs: reportedMs * scale }
    startMs += own.durationMs
    const inside = place(children, own, depth + 1)
    const insideMs = sum(inside.filter((span) => span.depth === depth + 1).map(({ durationMs }) => durationMs))
    const { name, description, by } = metric
    const span: TierSpan = {
      name,
      ...(description !== undefined && { description }),
      ...(by !== undefined && { by }),
      depth,
      reportedMs,
      ...own,
      selfMs: Math.max(0, own.durationMs - insideMs),
    }
    return [span, ...inside]
  })
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const scaleToFit = (wantedMs: number, availableMs: number): number =>
  wantedMs <= availableMs || wantedMs === 0 ? 1 : availableMs / wantedMs

/** @param wait from the end of the request to the first byte of the response */
export const splitWait = (metrics: readonly ServerTiming[], wait: Window): WaitSplit => {
  const roots = nest(metrics)
  const tiers = roots.filter(({ metric }) => hops.has(metric.name))
  const spans = place(tiers, wait, 0)
  const outermostMs = sum(spans.filter(({ depth }) => depth === 0).map(({ durationMs }) => durationMs))
  return {
    networkMs: Math.max(0, wait.durationMs - outermostMs),
    spans,
    others: roots.filter(({ metric }) => !hops.has(metric.name)).map(({ metric }) => metric),
  }
}
