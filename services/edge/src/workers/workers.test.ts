import { describe, expect, it } from 'vitest'
import { runParent } from '../testing/run-parent.ts'

describe('workers', () => {
  it('share the ports', async () => {
    const parent = await runParent(2)
    const pids = new Set<string>()
    for (let i = 0; i < 50; i++)
      pids.add(await (await fetch(`http://127.0.0.1:${parent.httpPort}/`, { headers: { connection: 'close' } })).text())
    expect(pids.size).toBe(2)
    expect(await (await fetch(`${parent.health}/health/ready`)).json()).toEqual({
      ready: true,
      checks: { moon: 'new', workers: '2 of 2' },
    })
    parent.child.kill('SIGTERM')
    expect(await parent.exit).toBe(0)
  })
})
