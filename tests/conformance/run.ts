/** Runs one third-party suite against an edge of its own: `node tests/conformance/run.ts h2spec`. */
import { runCacheTests } from './cache-tests.ts'
import { runH2spec } from './h2spec.ts'
import { runSmuggling } from './smuggling.ts'
import { runTestssl } from './testssl.ts'

/** Each returns the number of failures, after having printed them. */
const suites: Readonly<Record<string, () => Promise<number>>> = {
  'cache-tests': () => runCacheTests(process.env['CACHE_TESTS'], process.argv[3]),
  h2spec: () => runH2spec(process.env['H2SPEC'] ?? 'h2spec', process.argv.slice(3)),
  smuggling: runSmuggling,
  testssl: () => runTestssl(process.env['TESTSSL'] ?? 'testssl'),
}

const [name = ''] = process.argv.slice(2)
const suite = suites[name]
if (suite === undefined) {
  console.error(`usage: node tests/conformance/run.ts ${Object.keys(suites).join('|')}, see README.md`)
  process.exitCode = 64
} else process.exitCode = (await suite()) === 0 ? 0 : 1
