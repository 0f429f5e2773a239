/** h2spec: how HTTP/2 and HPACK hold against frames that clients should not send (RFC 9113, RFC 7541), strict cases included. */
import { startEdgeProcess } from '../helpers/edge-process.ts'
import { execute } from './execute.ts'
import { startOrigin } from './origin.ts'

/** @param cases as h2spec names them, e.g. `http2/5.1`; all when empty @returns the number of failures */
export const runH2spec = async (program: string, cases: readonly string[]): Promise<number> => {
  const origin = await startOrigin()
  const edge = await startEdgeProcess({ upstreams: [origin.address] })
  try {
    const said = await execute(program, ['-t', '-k', '-S', '-p', String(edge.httpsPort), ...cases])
    // What passed is a line each; a failure's own lines are repeated at the end.
    const failures = said.indexOf('Failures:')
    console.log(said.slice(failures === -1 ? said.indexOf('Finished in') : failures))
    return Number(/(\d+) failed/.exec(said)?.[1] ?? 1)
  } finally {
    await edge.stop()
    origin.close()
  }
}
