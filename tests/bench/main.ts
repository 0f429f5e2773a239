/** Runs a side-by-side measurement: `pnpm bench edge`, `pnpm bench app`. */
import { benchApp } from './app/bench-app.ts'
import { benchEdge } from './edge/bench-edge.ts'

const suites: Readonly<Record<string, (commandLine: readonly string[]) => Promise<number>>> = {
  app: benchApp,
  edge: benchEdge,
}

const [name = '', ...commandLine] = process.argv.slice(2)
const suite = suites[name]
if (suite === undefined) {
  console.error(`bench: no suite is called ${JSON.stringify(name)}; there is: ${Object.keys(suites).join(', ')}.`)
  process.exitCode = 64
} else process.exitCode = await suite(commandLine)
