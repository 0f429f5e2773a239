import { createHash } from 'node:crypto'
import { appendFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { Fields, newTrace, type HttpContext, type HttpRequest } from '@roundtrip/http'
import { Passage } from '@roundtrip/pipeline'
import { describe, expect, it } from 'vitest'
import { createSite, startTestWeb } from '../testing.ts'
import { createFileIndex } from './file-index.ts'
import { staticFiles } from './static-files.ts'

const css = 'body { color: rebeccapurple }\n'.repeat(100)
const site = { 'assets/site.css': css, 'about.html': '<h1>About</h1>', 'docs/index.html': 'docs', 'empty.txt': '' }

describe('a file', () => {
  it('is sent with its type, its validators and nosniff', async () => {
    const { send } = await startTestWeb(await createSite(site))
    const { status, headers, body } = await send('/assets/site.css?v=1')
    expect(status).toBe(200)
    expect(body.toString()).toBe(css)
    expect(headers).toMatchObject({
      'content-type': 'text/css; charset=utf-8',
      'content-length': String(css.length),
      'cache-control': 'public, max-age=0, must-revalidate',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      vary: 'accept-encoding',
    })
    expect(headers.etag).toBe(`"${createHash('sha256').update(css).digest('base64url').slice(0, 22)}"`)
    expect(Date.parse(headers['last-modified'] ?? '')).toBeGreaterThan(0)
    expect(headers).not.toHaveProperty('via')
  })

  it('has the same head for HEAD, and no content', async () => {
    const { send } = await startTestWeb(await createSite(site))
    const got = await send('/about.html')
    const head = await send('/about.html', {}, 'HEAD')
    expect(head.body.byteLength).toBe(0)
    const { 'x-request-id': _a, date: _b, ...described } = got.headers
    expect(head.headers).toMatchObject(described)
  })

  it('may be empty', async () => {
    const { send } = await startTestWeb(await createSite(site))
    expect(await send('/empty.txt')).toMatchObject({ status: 200, headers: { 'content-length': '0' } })
    expect(await send('/empty.txt', { range: 'bytes=0-' })).toMatchObject({ status: 416 })
  })

  it.each(['POST', 'PUT', 'DELETE'])('refuses %s', async (method) => {
    const { send } = await startTestWeb(await createSite(site))
    const { status, headers, body } = await send('/about.html', {}, method)
    expect(status).toBe(405)
    expect(headers).toMatchObject({ allow: 'GET, HEAD, OPTIONS', 'content-type': 'application/problem+json' })
    expect(JSON.parse(body.toString())).toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
  })

  it('says what it allows', async () => {
    const { send } = await startTestWeb(await createSite(site))
    expect(await send('/about.html', {}, 'OPTIONS')).toMatchObject({
      status: 204,
      headers: { allow: 'GET, HEAD, OPTIONS' },
    })
  })
})

describe('conditions', () => {
  it('answer 304 without content, but with what a cache needs', async () => {
    const { send } = await startTestWeb(await createSite(site))
    const { etag = '', 'last-modified': lastModified = '' } = (await send('/assets/site.css')).headers
    for (const condition of [{ 'if-none-match': `"x", W/${etag}` }, { 'if-modified-since': lastModified }]) {
      const { status, headers, body } = await send('/assets/site.css', condition)
      expect(status).toBe(304)
      expect(body.byteLength).toBe(0)
      expect(headers).toMatchObject({ etag, vary: 'accept-encoding', 'cache-control': expect.any(String) })
      expect(headers).not.toHaveProperty('content-type')
    }
  })

  it('answer 412 when the client wants another version', async () => {
    const { send } = await startTestWeb(await createSite(site))
    expect(await send('/about.html', { 'if-match': '"x"' })).toMatchObject({ status: 412 })
    expect(await send('/about.html', { 'if-unmodified-since': 'Sun, 06 Nov 1994 08:49:37 GMT' })).toMatchObject({
      status: 412,
    })
  })
})

describe('ranges', () => {
  it('send a part', async () => {
    const { send } = await startTestWeb(await createSite({ 'a.txt': '0123456789' }))
    const { status, headers, body } = await send('/a.txt', { range: 'bytes=2-4' })
    expect([status, body.toString()]).toEqual([206, '234'])
    expect(headers).toMatchObject({ 'content-range': 'bytes 2-4/10', 'content-length': '3' })
  })

  it('outside of the file: 416 with its length', async () => {
    const { send } = await startTestWeb(await createSite({ 'a.txt': '0123456789' }))
    expect(await send('/a.txt', { range: 'bytes=10-' })).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */10' },
    })
  })

  it('apply only to the version that If-Range names, and never to HEAD', async () => {
    const { send } = await startTestWeb(await createSite({ 'a.txt': '0123456789' }))
    const range = 'bytes=0-0'
    const { etag = '' } = (await send('/a.txt')).headers
    expect(await send('/a.txt', { range, 'if-range': etag })).toMatchObject({ status: 206 })
    expect(await send('/a.txt', { range, 'if-range': '"x"' })).toMatchObject({ status: 200 })
    expect(await send('/a.txt', { range }, 'HEAD')).toMatchObject({ status: 200, headers: { 'content-length': '10' } })
  })
})

describe('content codings', () => {
  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
  ])('%s is made when it is wanted, under an entity tag of its own', async (coding, decode) => {
    const { send } = await startTestWeb(await createSite(site))
    const plain = await send('/assets/site.css')
    const { headers, body } = await send('/assets/site.css', { 'accept-encoding': coding })
    expect(decode(body).toString()).toBe(css)
    expect(headers).toMatchObject({ 'content-encoding': coding, vary: 'accept-encoding' })
    expect(headers['content-length']).toBe(String(body.byteLength))
    expect(headers.etag).toBe(plain.headers.etag?.replace(/"$/, `-${coding}"`))
    const again = await send('/assets/site.css', { 'accept-encoding': coding, 'if-none-match': headers.etag ?? '' })
    expect(again.status).toBe(304)
  })

  it('prefers what was shipped beside the file, unless it is older', async () => {
    const shipped = Buffer.from('shipped')
    const root = await createSite({ ...site, 'assets/site.css.br': shipped, 'about.html.br': shipped })
    await utimes(join(root, 'assets/site.css'), 1, 1)
    const { send } = await startTestWeb(root)
    expect((await send('/assets/site.css', { 'accept-encoding': 'br' })).body).toEqual(shipped)
    await utimes(join(root, 'assets/site.css.br'), 0, 0)
    const fresh = await startTestWeb(root)
    expect((await fresh.send('/assets/site.css', { 'accept-encoding': 'br' })).body).not.toEqual(shipped)
  })

  it('leaves alone what is small or compressed already', async () => {
    const noise = createHash('sha512').update('x').digest()
    const { send } = await startTestWeb(
      await createSite({
        'a.txt': 'short',
        'b.png': css,
        'c.txt': Buffer.concat(
          Array.from({ length: 9 }, (_, i) => createHash('sha512').update(noise).update(String(i)).digest()),
        ),
      }),
    )
    for (const path of ['/a.txt', '/b.png', '/c.txt']) {
      expect((await send(path, { 'accept-encoding': 'br' })).headers).not.toHaveProperty('content-encoding')
    }
  })
})

describe('large files', () => {
  const large = Buffer.alloc(1_000_000, 'roundtrip ')

  it('are streamed, whole and in parts', async () => {
    const { send } = await startTestWeb(await createSite({ 'large.bin': large }))
    const { status, headers, body } = await send('/large.bin')
    expect(status).toBe(200)
    expect(body.equals(large)).toBe(true)
    expect(headers.etag).toBe(`"${createHash('sha256').update(large).digest('base64url').slice(0, 22)}"`)
    const part = await send('/large.bin', { range: 'bytes=-10' })
    expect([part.status, part.body.toString()]).toEqual([206, 'roundtrip '])
  })

  it('that change behind our back are described anew', async () => {
    const root = await createSite({ 'large.bin': large })
    const { send } = await startTestWeb(root)
    const before = await send('/large.bin')
    await appendFile(join(root, 'large.bin'), 'more')
    const after = await send('/large.bin')
    expect(after.body.byteLength).toBe(large.byteLength + 4)
    expect(after.headers.etag).not.toBe(before.headers.etag)
    await rm(join(root, 'large.bin'))
    expect((await send('/large.bin')).body.toString()).toBe('app: GET /large.bin')
  })
})

describe('folders', () => {
  it('show their index, after a slash', async () => {
    const { send } = await startTestWeb(await createSite(site))
    expect((await send('/docs/')).body.toString()).toBe('docs')
    expect(await send('/docs?a=b?c')).toMatchObject({ status: 308, headers: { location: '/docs/?a=b?c' } })
    expect((await send('/docs', {}, 'POST')).body.toString()).toBe('app: POST /docs')
  })

  it('without an index belong to the application', async () => {
    const { send } = await startTestWeb(await createSite(site))
    for (const path of ['/', '/assets', '/assets/']) expect((await send(path)).body.toString()).toBe(`app: GET ${path}`)
  })
})

describe('what lies outside of the site', () => {
  it.each(['/../secret', '/assets/../../secret', '/%2e%2e/secret', '/a%00.css'])('%s is refused', async (target) => {
    const { send } = await startTestWeb(await createSite(site))
    expect(await send(target)).toMatchObject({ status: 400 })
  })

  it('is not reached by symbolic links, those within are followed', async () => {
    const outside = await createSite({ secret: 'secret' })
    const root = await createSite({ ...site, '.env': 'secret' })
    await symlink(join(outside, 'secret'), join(root, 'file'))
    await symlink(outside, join(root, 'folder'))
    await symlink('about.html', join(root, 'link.html'))
    await symlink('circle', join(root, 'circle'))
    const { send } = await startTestWeb(root)
    for (const path of [
      '/file',
      '/folder/secret',
      '/.env',
      '/assets%2fsite.css',
      '/circle',
      `/${'long'.repeat(100)}`,
    ]) {
      expect((await send(path)).body.toString()).toBe(`app: GET ${path}`)
    }
    expect((await send('/link.html')).body.toString()).toBe('<h1>About</h1>')
  })
})

describe('looking at the disk', () => {
  const context: HttpContext = {
    passage: new Passage(),
    elapsedMs: 0,
    requestId: '',
    trace: newTrace(false),
    downstream: { address: '', port: 0 },
    client: '',
    signal: new AbortController().signal,
    onAbandoned: () => undefined,
    delivered: Promise.resolve({ outcome: 'complete', bodyBytes: 0 }),
    onSettled: () => {},
    facts: {},
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  }
  const asking: HttpRequest = {
    method: 'GET',
    target: '/a.txt',
    scheme: 'http',
    authority: 'a',
    fields: Fields.of(),
    body: undefined,
    httpVersion: '1.1',
  }

  it('happens once in a while: changes, additions and removals are noticed then', async () => {
    const root = await createSite({})
    let nowMs = 0
    const files = await createFileIndex({ root, recheckMs: 1000, clock: () => nowMs })
    const handler = staticFiles({ files })(async () => ({ status: 404, fields: Fields.of(), body: 'app' }))
    const ask = async (): Promise<string> => {
      const { body } = await handler(asking, context)
      return Buffer.from(body as string | Buffer).toString()
    }
    expect(await ask()).toBe('app')
    await writeFile(join(root, 'a.txt'), 'first')
    expect(await ask()).toBe('app')
    nowMs = 1000
    expect(await ask()).toBe('first')
    await writeFile(join(root, 'a.txt'), 'second')
    expect(await ask()).toBe('first')
    nowMs = 2000
    expect(await ask()).toBe('second')
    await rm(join(root, 'a.txt'))
    nowMs = 3000
    expect(await ask()).toBe('app')
  })

  it('is shared by those who ask for the same file at once', async () => {
    const files = await createFileIndex({ root: await createSite(site) })
    const [a, b] = await Promise.all([files.find('about.html'), files.find('about.html')])
    expect(a).toBe(b)
  })

  it('needs a folder', async () => {
    const root = await createSite(site)
    for (const wrong of [join(root, 'none'), join(root, 'about.html')]) {
      await expect(createFileIndex({ root: wrong })).rejects.toMatchObject({
        code: 'SETTINGS_INVALID',
        message: `WEB_ROOT=${JSON.stringify(wrong)} is not a folder that can be read.`,
      })
    }
  })
})
