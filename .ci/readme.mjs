// Runs the commands of README.md as a newcomer would: every line of its `sh` blocks, in order, in this checkout.
// `npm start` stays in the foreground of a terminal of its own: it is waited for, and at the end stopped with Ctrl-C.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

/** Run by other steps of CI, or not commands of this checkout. */
const elsewhere = [/^npm test$/, /^docker compose /, /^git clone /, /^cd /, /test:compose/, /^\.\/roundtrip open$/]
const startDeadlineMs = 120_000

const commands = [...readFileSync('README.md', 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .flatMap(([, block]) => block.replaceAll('\\\n', ' ').split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '' && !line.startsWith('#') && !elsewhere.some((pattern) => pattern.test(line)))

const run = async (line) => {
  console.log(`$ ${line}`)
  const child = spawn('bash', ['-o', 'pipefail', '-c', line], { stdio: ['ignore', 'inherit', 'inherit'] })
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error(`exit status ${status} of: ${line}`)
}

/** Everything is ready, not only some of it. */
const isUp = async () => {
  const child = spawn('./roundtrip', ['status', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const status = JSON.parse(await text(child.stdout))
  return status.running && status.ready === status.total
}

/** A process group of its own, as a terminal would give it, so that Ctrl-C reaches all of it. */
const startInForeground = async (line) => {
  console.log(`$ ${line}`)
  const child = spawn('bash', ['-c', line], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] })
  const exited = once(child, 'exit')
  const deadline = Date.now() + startDeadlineMs
  for (;;) {
    if (await isUp()) return { child, exited }
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`did not start: ${line}`)
    await delay(500)
  }
}

let stack
try {
  for (const line of commands) {
    if (line === 'npm start') stack = await startInForeground(line)
    else await run(line)
  }
} catch (error) {
  console.error(`README: ${error.message}`)
  process.exitCode = 1
} finally {
  if (stack !== undefined) {
    process.kill(-Number(stack.child.pid), 'SIGINT')
    await stack.exited
  }
}
console.log(`${commands.length} README commands ran`)
