import type { DatabaseNode, FailoverReport } from '@roundtrip/stack'
import { describe, expect, it } from 'vitest'
import { coloursFor } from '../terminal/colours.ts'
import { failoverText } from './failover-text.ts'
import { databaseText } from './status-text.ts'

const io = { colours: coloursFor(false) }

const primary: DatabaseNode = {
  name: 'postgres-replica',
  role: 'primary',
  state: 'ready',
  address: '127.0.0.1:15433',
  timeline: 2,
  position: '0/3000148',
  missingBytes: undefined,
  lagBytes: undefined,
  lagMs: undefined,
  isStreaming: undefined,
}

const replica: DatabaseNode = {
  ...primary,
  name: 'postgres-primary',
  role: 'replica',
  address: '127.0.0.1:15432',
  missingBytes: 0,
  lagBytes: 0,
  lagMs: 0,
  isStreaming: true,
}

const lines = (node: DatabaseNode, isFailingOver = false): string[] =>
  databaseText({ primary: primary.name, isFailingOver, nodes: [node, primary] }, io)

describe('databaseText', () => {
  it('shows the role of each server, whatever it is called', () => {
    expect(lines(replica)).toEqual([
      'INSTANCE          ROLE     STATE  TIMELINE   POSITION   BEHIND  ADDRESS',
      'postgres-primary  replica  ready         2  0/3000148  nothing  127.0.0.1:15432',
      'postgres-replica  primary  ready         2  0/3000148           127.0.0.1:15433',
    ])
  })

  it('shows how far a replica is behind, and that it is cut off', () => {
    const [, row, , note] = lines({ ...replica, lagBytes: 2048, lagMs: 1500, isStreaming: false })
    expect(row).toContain('2.0 KiB, 1.5 s')
    expect(note).toBe('postgres-primary is not connected to its primary.')
  })

  it('shows what does not answer', () => {
    const unknown = { timeline: undefined, position: undefined, lagBytes: undefined, lagMs: undefined }
    const text = lines({ ...replica, ...unknown, state: 'paused', isStreaming: undefined }, true)
    expect(text[1]).toMatch(/^postgres-primary +replica +paused +\? +\? +\? +127/)
    expect(text.at(-1)).toBe('A failover is under way.')
  })
})

describe('failoverText', () => {
  const report: FailoverReport = {
    from: 'postgres-primary',
    to: 'postgres-replica',
    former: 'shut-down',
    lost: 'nothing',
    timeline: 2,
    position: '0/3000148',
    steps: [
      { atMs: 4, what: 'postgres-replica is to take over' },
      { atMs: 1204, what: 'postgres-primary follows as a replica' },
    ],
    writableAfterMs: 180,
    writesStoppedMs: 420,
    totalMs: 1204,
    warnings: [],
  }

  it('tells what happened when, and that nothing is lost', () => {
    expect(failoverText(report, io)).toEqual([
      'postgres-replica is the primary now, on timeline 2 from 0/3000148.',
      '',
      '     4 ms  postgres-replica is to take over',
      '  1204 ms  postgres-primary follows as a replica',
      '',
      'First good write 180 ms after the promotion; nobody could write for 420 ms.',
      'No acknowledged change is lost.',
    ])
  })

  it('says what is lost, and what is left to do', () => {
    const warning = 'app-2 has not found the new primary yet: see ./roundtrip logs app-2.'
    const text = failoverText({ ...report, lost: 'unknown', warnings: [warning] }, io)
    expect(text.slice(-2)).toEqual(['What postgres-primary had acknowledged and not yet sent is lost.', warning])
  })
})
