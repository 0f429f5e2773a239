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
const stopDeadlineMs = 20_000

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

/** Empty while the launcher is still fetching: there is nothing to ask yet. */
const status = async () => {
  const child = spawn('./roundtrip', ['status', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const answer = await text(child.stdout)
  return answer === '' ? {} : JSON.parse(answer)
}

/** Everything, not only some of it. */
const isUp = ({ running, ready, total }) => running === true && ready === total
const isDown = ({ running }) => running === false

const until = async (holds, deadlineMs, what) => {
  const deadline = Date.now() + deadlineMs
  while (!holds(await status())) {
    if (Date.now() > deadline) throw new Error(`${what} within ${deadlineMs / 1000} s`)
    await delay(500)
  }
}

/** A process group of its own, as a terminal would give it, so that Ctrl-C reaches all of it. */
const inForeground = (line) => {
  console.log(`$ ${line}`)
  return spawn('bash', ['-c', line], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] })
}

/** npm ends by the signal itself, so only what is left running tells whether it was heard. */
const pressCtrlC = async (stack) => {
  if (stack.exitCode === null) process.kill(-Number(stack.pid), 'SIGINT')
  await until(isDown, stopDeadlineMs, 'Ctrl-C did not stop the stack')
}

let stack
try {
  for (const line of commands) {
    if (line === 'npm start') {
      stack = inForeground(line)
      await until(isUp, startDeadlineMs, 'npm start was not ready')
    } else await run(line)
  }
  await pressCtrlC(stack)
  console.log(`\n${commands.length} README commands ran`)
} catch (error) {
  console.error(`README: ${error.message}`)
  if (stack !== undefined && stack.exitCode === null) process.kill(-Number(stack.pid), 'SIGINT')
  process.exitCode = 1
}
