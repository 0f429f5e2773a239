// Runs the commands of README.md as a newcomer would: every line of its `sh` blocks, in order, in this checkout.
// `npm start` stays in the foreground of a terminal of its own: it is waited for, and at the end stopped with Ctrl-C.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

/** Run by other steps of CI. */
const elsewhere = [/^npm test$/, /^docker compose /]
const startDeadlineMs = 120_000

const commands = [...readFileSync('README.md', 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .flatMap(([, block]) => block.replaceAll('\\\n', ' ').split('\n'))
  .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
  .filter((line) => line !== '' && !elsewhere.some((pattern) => pattern.test(line)))

const run = async (line) => {
  console.log(`\n$ ${line}`)
  const child = spawn('bash', ['-o', 'pipefail', '-c', line], { stdio: ['ignore', 'inherit', 'inherit'] })
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error(`exit status ${status} of: ${line}`)
}

/** Everything is ready, not only some of it. While the launcher is still fetching there is nothing to ask yet. */
const isUp = async () => {
  const child = spawn('./roundtrip', ['status', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const answer = await text(child.stdout)
  const status = answer === '' ? {} : JSON.parse(answer)
  return status.running === true && status.ready === status.total
}

/** A process group of its own, as a terminal would give it, so that Ctrl-C reaches all of it. */
const inForeground = (line) => {
  console.log(`$ ${line}`)
  return spawn('bash', ['-c', line], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] })
}

const untilUp = async (stack) => {
  const deadline = Date.now() + startDeadlineMs
  while (!(await isUp())) {
    if (stack.exitCode !== null) throw new Error(`npm start ended with status ${stack.exitCode}`)
    if (Date.now() > deadline) throw new Error(`npm start was not ready within ${startDeadlineMs / 1000} s`)
    await delay(500)
  }
}

/** @returns the exit status */
const pressCtrlC = async (stack) => {
  if (stack.exitCode !== null) return stack.exitCode
  process.kill(-Number(stack.pid), 'SIGINT')
  const [status] = await once(stack, 'exit')
  return status
}

let stack
try {
  for (const line of commands) {
    if (line === 'npm start') {
      stack = inForeground(line)
      await untilUp(stack)
    } else await run(line)
  }
  console.log(`\n${commands.length} README commands ran`)
} catch (error) {
  console.error(`README: ${error.message}`)
  process.exitCode = 1
} finally {
  const status = stack === undefined ? 0 : await pressCtrlC(stack)
  if (status !== 0) {
    console.error(`README: npm start ended with status ${status}`)
    process.exitCode = 1
  }
}
