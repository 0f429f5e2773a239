import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fields } from '@roundtrip/http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { defaultCacheSettings } from '../settings.ts'
import { headOf, sizeOf, StoredResponse } from '../stored-response.ts'
import { Scenario } from '../testing.ts'
import { DiskLevel } from './disk-level.ts'

const folderForTest = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-cache-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const lively = { 'cache-control': 'max-age=60' }
/** Larger than a tenth of the memory: lives on disk from the beginning. */
const large = 'x'.repeat(20_000)

const isBytes = (body: unknown): boolean => body instanceof Uint8Array
const storedOf = (sizeBytes: number): StoredResponse => {
  const head = headOf(200, Fields.of({}), { requestMs: 0, responseMs: 0 }, defaultCacheSettings)
  return new StoredResponse('https://www.roundtrip.test/', [], [], head, new Uint8Array(sizeBytes))
}

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
    for (let i = 0; i < 100; i++) {
      await play.ask(`/${i}`)
      await play.store.flush()
    }
    expect(play.store.stats().diskObjects).toBeGreaterThan(20)
    const known = new Set(Array.from(play.store.entries(), ({ key }) => Number(key.slice(key.lastIndexOf('/') + 1))))
    expect(known.size).toBeGreaterThan(40)
    const { requests } = play
    for (const i of known) expect((await play.ask(`/${i}`)).body).toBe(`/${i}`.repeat(1000))
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

  it('does not take what leaves more behind in memory than it takes away', async () => {
    const { play } = withDisk()
    play.answers({ ...lively, location: '/x' }, { status: 301, body: '' })
    for (let i = 0; i < 1000; i++) await play.ask(`/${i}`)
    await diskObjects(play, 0)
    expect(play.store.stats().objects).toBeLessThan(100)
  })

  it('leaves heads in memory that count there, and goes without the oldest when they are too many', async () => {
    const { play } = withDisk()
    for (let i = 0; i < 300; i++) {
      // Of changing kinds: what is on disk is read, freshened, and purged.
      if (i % 3 === 0) play.at(i).answers({ ...lively, etag: '"1"' }, { body: 'x'.repeat(2000) })
      else if (i % 3 === 1) play.answers(lively, { body: large })
      await play.ask(`/${i}`)
      await play.store.flush()
      if (i > 100 && i % 10 === 0) {
        const etag = { 'cache-control': 'max-age=600', etag: '"1"', 'x-long': 'f'.repeat(5 * i) }
        const { key } = [...play.store.entries()].find(({ head, body }) => head.etag === '"1"' && !isBytes(body)) ?? {}
        await play
          .at(i + 200)
          .answers(etag, { status: 304 })
          .ask(new URL(key ?? '').pathname, {}, 'HEAD')
      }
      if (i % 50 === 49) play.store.purge({ url: `https://www.roundtrip.test/${i - 1}` })
      const bytes = play.store.entries().reduce((sum, stored) => sum + sizeOf(stored), 0)
      expect(play.store.stats().bytes).toBe(bytes)
      expect(bytes).toBeLessThanOrEqual(100_000)
    }
    const { diskObjects: onDisk, objects } = play.store.stats()
    expect(onDisk).toBeGreaterThan(20)
    expect(objects - onDisk).toBeGreaterThan(5)
    expect((await play.ask('/0')).cache).toContain('uri-miss')
    play.store.purge({ host: 'www.roundtrip.test' })
    expect(play.store.stats()).toMatchObject({ objects: 0, bytes: 0, diskObjects: 0, diskBytes: 0 })
  })

  it('takes no more at once than may wait in memory', async () => {
    const level = new DiskLevel({ folder: folderForTest(), maxBytes: 10_000, maxPendingBytes: 100 }, () => undefined)
    onTestFinished(() => level.close())
    const [first, second] = [storedOf(80), storedOf(30)]
    void level.write(first, () => true)
    expect(level.takes(second)).toBe(false)
    await level.flush()
    expect(level.takes(second)).toBe(true)
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
