/** Which of several replicas answers: the one with the least work for its share, in turn among equals. */

export interface Load {
  /** Units of work that it has, those included that wait for a connection. */
  readonly atWork: number
  /** Above 0 up to 1. */
  readonly share: number
}

/** Least loaded first. @param turn counts up with each call, so that equals take turns */
export const byLoad = <Node>(nodes: readonly Node[], turn: number, loadOf: (node: Node) => Load): Node[] => {
  if (nodes.length < 2) return [...nodes]
  const first = turn % nodes.length
  return [...nodes.slice(first), ...nodes.slice(0, first)]
    .map((node) => ({ node, load: loadOf(node) }))
    .toSorted((a, b) => pressure(a.load) - pressure(b.load))
    .map(({ node }) => node)
}

/** What its load would be with one more. */
const pressure = ({ atWork, share }: Load): number => (atWork + 1) / share
