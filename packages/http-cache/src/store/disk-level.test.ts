import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Scenario } from '../testing.ts'

const folderForTest = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-cache-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const lively = { 'cache-control': 'max-age=60' }
/** Larger than a tenth of the memory: lives on disk from the beginning. */
const large = 'x'.repeat(20_000)

const withDisk = (maxBytes = 1_000_000): { play: Scenario; folder: string; files: () => string[] } => {
  const folder = folderForTest()
  const play = new Scenario({}, { maxBytes: 100_000, disk: { folder, maxBytes } })
  onTestFinished(() => play.store.close())
  const files = (): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  return { play, folder, files }
}
const diskObjects = async (play: Scenario, count: number): Promise<void> => {
  await play.store.flush()
  expect(play.store.stats().diskObjects).toBe(count)
}

describe('the level on disk', () => {
  it('keeps what is too large for memory', async () => {
    const { play, files } = withDisk()
    await play.answers(lively, { body: large }).ask()
    await diskObjects(play, 1)
    expect(readFileSync(files()[0] ?? '', 'utf8')).toBe(large)
    expect(await play.at(5).ask()).toMatchObject({ body: large, age: 5, cache: 'hit; ttl=55' })
    expect(await play.ask('/', { range: 'bytes=0-1' })).toMatchObject({ status: 206, body: 'xx' })
    expect(await play.ask('/', {}, 'HEAD')).toMatchObject({
      cache: 'hit; ttl=55',
      fields: { 'content-length': '20000' },
    })
  })

  it('keeps what leaves memory, and gives it back', async () => {
    const { play } = withDisk()
    play.answersWith(({ target }) => play.response({ fields: lively, body: target.repeat(1000) }))
    for (let i = 0; i < 100; i++) await play.ask(`/${i}`)
    await play.store.flush()
    expect(play.store.stats().diskObjects).toBeGreaterThan(50)
    const { requests } = play
    for (let i = 0; i < 100; i++) expect((await play.ask(`/${i}`)).body).toBe(`/${i}`.repeat(1000))
    expect(requests).toHaveLength(100)
  })

  it.each<[string, (file: string) => void]>([
    ['cut short', (file) => truncateSync(file, 100)],
    ['changed in one octet', (file) => writeFileSync(file, `y${large.slice(1)}`)],
    ['gone', (file) => rmSync(file)],
  ])('never serves a file that is %s', async (_how, damage) => {
    const { play, files } = withDisk()
    await play.answers(lively, { body: large }).ask()
    await diskObjects(play, 1)
    damage(files()[0] ?? '')
    expect(await play.ask()).toMatchObject({ body: large, cache: 'fwd=uri-miss; fwd-status=200; stored' })
    expect(play.requests).toHaveLength(2)
  })

  it('stays within its bounds, the oldest going first', async () => {
    const { play, files } = withDisk(50_000)
    play.answers(lively, { body: large })
    for (let i = 1; i <= 4; i++) {
      await play.ask(`/${i}`)
      await diskObjects(play, Math.min(i, 2))
    }
    await play.store.flush()
    expect(files()).toHaveLength(2)
    expect(play.store.stats()).toMatchObject({ diskBytes: 40_000, objects: 2 })
    expect((await play.ask('/4')).cache).toContain('hit')
    expect((await play.ask('/1')).cache).toContain('uri-miss')
  })

  it('drops the file of what is purged, even while it is being written', async () => {
    const { play, files } = withDisk()
    await play.answers(lively, { body: large }).ask()
    play.store.purge({ host: 'www.roundtrip.test' })
    await play.store.flush()
    expect(files()).toEqual([])
    await play.ask()
    await diskObjects(play, 1)
    play.store.purge({ host: 'www.roundtrip.test' })
    await play.store.flush()
    expect(files()).toEqual([])
    expect(play.store.stats()).toMatchObject({ objects: 0, diskObjects: 0, diskBytes: 0 })
  })

  it('empties folders of processes that are gone, and leaves others', () => {
    const folder = folderForTest()
    // Beyond the largest process id of Linux: nobody bears it.
    mkdirSync(join(folder, 'process-9999999-x'))
    mkdirSync(join(folder, `process-${process.ppid}-x`))
    mkdirSync(join(folder, 'else'))
    const play = new Scenario({}, { disk: { folder, maxBytes: 1000 } })
    onTestFinished(() => play.store.close())
    expect(readdirSync(folder).filter((name) => !name.startsWith(`process-${process.pid}-`))).toEqual([
      'else',
      `process-${process.ppid}-x`,
    ])
  })
})
