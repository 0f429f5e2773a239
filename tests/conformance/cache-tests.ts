/** http-tests/cache-tests: what a shared cache stores, reuses, validates and drops (RFC 9111). */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Agent, request } from 'undici'
import { startEdgeProcess } from '../helpers/edge-process.ts'
import { freePort } from '../helpers/free-port.ts'
import { execute } from './execute.ts'

interface Test {
  readonly id: string
  readonly name: string
  readonly kind?: 'required' | 'optimal' | 'check'
  readonly browser_only?: boolean
}
interface Suite {
  readonly tests: readonly Test[]
}

/** True, or why it failed. */
type Results = Readonly<Record<string, true | readonly [string, string]>>

const summarize = (suites: readonly Suite[], results: Results): number => {
  const tests = suites.flatMap((suite) => suite.tests).filter(({ id, browser_only }) => !browser_only && id in results)
  for (const kind of ['required', 'optimal', 'check'] as const) {
    const of = tests.filter((test) => (test.kind ?? 'required') === kind)
    const failed = of.filter(({ id }) => results[id] !== true)
    console.log(`${kind}: ${of.length - failed.length} of ${of.length}`)
    if (kind === 'check') continue
    for (const { id, name } of failed) console.log(`  ${id}: ${name}: ${[results[id]].flat().join(': ')}`)
  }
  return tests.filter(({ id, kind = 'required' }) => kind === 'required' && results[id] !== true).length
}

/** Neither does the suite's origin say when it listens, nor the edge when it has noticed. */
const untilAnswered = async (url: string, ca: string): Promise<void> => {
  const dispatcher = new Agent({ connect: { ca } })
  for (let tries = 0; tries < 100; tries += 1) {
    const answered = await request(url, { dispatcher }).then(
      ({ statusCode, body }) => body.dump().then(() => statusCode === 200),
      () => false,
    )
    if (answered) return dispatcher.close()
    await setTimeout(50)
  }
  throw new Error('the suite has not started its origin within 5 s')
}

/** @param folder a checkout after `npm install` @param id of one test; all when undefined @returns the required ones that failed */
export const runCacheTests = async (folder: string | undefined, id = ''): Promise<number> => {
  if (folder === undefined) throw new TypeError('CACHE_TESTS has to name a checkout of http-tests/cache-tests')
  const host = '127.0.0.1'
  const port = await freePort([{ host, protocol: 'tcp' }])
  // The suite's origin has no health check, but answers everything with a file or 404: any of its files will do.
  const environment = { EDGE_HEALTH_CHECK_PATH: '/README.md', EDGE_HEALTH_CHECK_INTERVAL_MS: '100' }
  const edge = await startEdgeProcess({ upstreams: [`http://${host}:${port}`], environment })
  const origin = spawn(process.execPath, ['test-engine/server/server.mjs'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      npm_config_protocol: 'http',
      npm_config_port: String(port),
      npm_config_pidfile: join(edge.folder, 'origin.pid'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    await untilAnswered(`https://${host}:${edge.httpsPort}/README.md`, edge.ca)
    const said = await execute(process.execPath, ['--no-warnings', 'test-engine/cli.mjs'], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        NODE_EXTRA_CA_CERTS: edge.files.caFile,
        npm_config_base: `https://${host}:${edge.httpsPort}`,
        npm_config_id: id,
        // An empty id stands for all tests, one that is not set for none.
        npm_package_config_id: '',
      },
    })
    if (id !== '') {
      console.log(said)
      return 0
    }
    const { default: suites } = (await import(pathToFileURL(join(folder, 'tests/index.mjs')).href)) as {
      default: Suite[]
    }
    return summarize(suites, JSON.parse(said.slice(said.indexOf('{'))) as Results)
  } finally {
    await edge.stop()
    origin.kill()
  }
}
