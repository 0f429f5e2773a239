import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { askHttp1, startLoad } from '../testing/load.ts'
import { runParent, type RunningParent } from '../testing/run-parent.ts'
import { certificateFile, keyFile } from '../testing/test-edge.ts'

/** Longer than such a test takes on a machine that has other things to do. */
const timeout = 30_000

const workersOf = async (parent: RunningParent): Promise<Set<number>> => {
  const pids = new Set<number>()
  for (let i = 0; i < 40; i++) pids.add(await askHttp1(parent))
  return pids
}

describe('workers', () => {
  it('share the ports and the health listener, and end in good order', { timeout }, async () => {
    const parent = await runParent(2)
    expect((await workersOf(parent)).size).toBe(2)
    const health = await fetch(`${parent.health}/health/ready`)
    expect(await health.json()).toEqual({ ready: true, started: true, checks: { moon: 'new', workers: '2 of 2' } })
    parent.child.kill('SIGTERM')
    expect(await parent.exit).toBe(0)
  })

  it('are replaced one by one, five times under load, without a failed request', { timeout: 60_000 }, async () => {
    const parent = await runParent(2)
    const load = startLoad(parent)
    const before = await workersOf(parent)
    for (let times = 1; times <= 5; times++) {
      parent.child.kill('SIGUSR2')
      await expect
        .poll(() => parent.lines.filter(({ message }) => message === 'workers recycled').length, { timeout: 20_000 })
        .toBe(times)
    }
    await load.stop()
    expect(load.failures).toEqual([])
    expect(load.answeredBy.size).toBeGreaterThanOrEqual(2 * 6)
    expect(await workersOf(parent)).not.toEqual(before)
  })

  it('are replaced when killed; only what the dead one held is lost', { timeout }, async () => {
    const parent = await runParent(2)
    const [victim = 0] = await workersOf(parent)
    const load = startLoad(parent)
    await expect.poll(() => load.answeredBy.size, { timeout: 10_000 }).toBe(2)
    process.kill(victim, 'SIGKILL')
    await parent.line('a worker ended')
    await expect.poll(() => load.answeredBy.size, { timeout: 10_000 }).toBe(3)
    await load.stop()
    // One request on each connection that the dead one had, at most: of thirteen clients.
    expect(load.failures.length).toBeLessThanOrEqual(13)
    expect((await workersOf(parent)).has(victim)).toBe(false)
    parent.child.kill('SIGTERM')
    expect(await parent.exit).toBe(0)
  })

  it('are replaced when killed though their certificate has become of no use since', { timeout }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'edge-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [cert, key] = [join(folder, 'edge.pem'), join(folder, 'edge.key')]
    copyFileSync(certificateFile, cert)
    copyFileSync(keyFile, key)
    const parent = await runParent(2, { EDGE_CERTIFICATE_FILE: cert, EDGE_KEY_FILE: key })
    const before = await workersOf(parent)
    rmSync(key)
    for (const pid of before) process.kill(pid, 'SIGKILL')
    await parent.line('what their files last held is')
    await expect.poll(async () => [...(await workersOf(parent))].some((pid) => before.has(pid))).toBe(false)
  })

  it('go when their parent is killed', { timeout }, async () => {
    const parent = await runParent(2)
    const pids = await workersOf(parent)
    parent.child.kill('SIGKILL')
    await expect.poll(() => [...pids].filter(isThere), { timeout: 10_000 }).toEqual([])
  })
})

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
