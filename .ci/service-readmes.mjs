// Runs "Try it alone" of the services' READMEs as a newcomer would paste it: each block as one script, from the root of
// this checkout. Those of app and worker want a Postgres and a Redis that are there already, and are left out.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const services = ['dns', 'web', 'edge']
const endDeadlineMs = 10_000

// A newcomer's next line comes when the service says that it is ready; here curl asks until it is answered well.
const patience = mkdtempSync(join(tmpdir(), 'readme-'))
writeFileSync(join(patience, '.curlrc'), 'retry = 15\nretry-delay = 1\nretry-connrefused\nfail\nsilent\nshow-error\n')

const isThere = (program) => spawnSync('bash', ['-c', `command -v ${program}`]).status === 0

/** What comes with no system is left out where it is missing, and that is said. */
const runnable = (line) => {
  if (!line.startsWith('dig ') || isThere('dig')) return true
  console.log(`left out, as there is no dig: ${line}`)
  return false
}

const blockOf = (service) => {
  const [, chapter = ''] = readFileSync(`services/${service}/README.md`, 'utf8').split('\n## Try it alone\n')
  const [, block] = /```sh\n([\s\S]*?)```/.exec(chapter) ?? []
  if (block === undefined) throw new Error('it has no such block')
  return block.split('\n').filter(runnable).join('\n')
}

const isGone = (group) => {
  try {
    process.kill(-group, 0)
    return false
  } catch {
    return true
  }
}

/** A process group of its own, so that what is left running is found. */
const run = async (script) => {
  const child = spawn('bash', ['-exc', `export CURL_HOME='${patience}'\n${script}`], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  // A shell that could not be started says so by `error`, which `once` throws.
  const [status] = await once(child, 'exit')
  const group = Number(child.pid)
  const deadline = Date.now() + (status === 0 ? endDeadlineMs : 0)
  while (!isGone(group) && Date.now() < deadline) await delay(100)
  const isLeftOver = !isGone(group)
  if (isLeftOver) process.kill(-group, 'SIGKILL')
  if (status !== 0) throw new Error(`exit status ${status}`)
  if (isLeftOver) throw new Error('something was left running')
}

for (const service of services) {
  console.log(`\n== services/${service}/README.md`)
  try {
    await run(blockOf(service))
  } catch (error) {
    console.error(`services/${service}/README.md: ${error.message}`)
    process.exitCode = 1
  }
}
rmSync(patience, { recursive: true })
