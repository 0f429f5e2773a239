/** The `roundtrip` command, after the launcher has made sure that its runtime and the workspace are there. */
import { runCli } from './cli.ts'
import { processIo } from './io.ts'

process.title = 'roundtrip'
// Exits explicitly: a socket that is still open must not keep a finished command alive.
process.exit(await runCli(process.argv.slice(2), processIo(process.env)))
