/** Whoever has written reads nothing older than they have read, at any instance, also of what others have changed. */
import type { Product } from '@roundtrip/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useContract } from './testing/contract.ts'
import { order, orderOf, startInstances, type Instances } from './testing/instances.ts'

useContract()

let shop: Instances

// Where nobody listens: two instances without the cache that they share hear nothing of each other's changes.
beforeAll(async () => {
  shop = await startInstances(14, { cacheUrl: 'redis://127.0.0.1:1' })
})

afterAll(() => shop.close())

type Remembered = Record<string, string>

/** As a browser keeps them. */
const keepCookies = (jar: Map<string, string>, response: Response): Remembered => {
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
    jar.set(name, value)
  }
  return { cookie: [...jar].map((pair) => pair.join('=')).join('; ') }
}

const keepField = (before: Remembered, response: Response): Remembered => {
  const given = response.headers.get('x-session-position')
  return given === null ? before : { 'x-session-position': given }
}

const keepers = {
  'in cookies': () => {
    const jar = new Map<string, string>()
    return (response: Response): Remembered => keepCookies(jar, response)
  },
  'in the field': () => {
    let kept: Remembered = {}
    return (response: Response): Remembered => (kept = keepField(kept, response))
  },
}

const pathsOf = ({ id, slug, name }: Product) => [
  `/api/products/${id}`,
  `/api/products?limit=50`,
  `/api/products?q=${encodeURIComponent(name)}`,
  `/products/${slug}`,
]

const changeTo = (text: string, { id, version }: Product): Promise<Response> =>
  fetch(`${shop.direct}/api/products/${id}`, {
    method: 'PATCH',
    body: JSON.stringify({ description: text }),
    headers: { ...shop.staff, 'content-type': 'application/merge-patch+json', 'if-match': `"${id}-${version}"` },
  })

test.each(Object.entries(keepers))('with what has been read %s', async (name, keeper) => {
  const [bought, changed] = [await shop.addProduct(`Bought ${name}`, 5), await shop.addProduct(`Changed ${name}`, 5)]
  const remember = keeper()
  const ordered = await order(shop.direct, orderOf(bought.id), name.replaceAll(' ', '-'))
  expect(ordered.status).toBe(201)
  let visitor = remember(ordered)
  const read = async (url: string): Promise<string> => {
    const response = await fetch(url, { headers: visitor })
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'private, no-store'])
    visitor = remember(response)
    return response.text()
  }
  const changedText = `Something else ${name}`
  // What this instance has in its memory reflects all that the visitor has written.
  for (const path of pathsOf(changed)) expect(await read(shop.behindProxy + path)).not.toContain(changedText)
  expect((await changeTo(changedText, changed)).status).toBe(200)
  for (const path of pathsOf(changed)) {
    expect(await read(shop.direct + path)).toContain(changedText)
    expect(await read(shop.behindProxy + path)).toContain(changedText)
  }
})

test('who has written nothing is handed out nothing', async () => {
  const { id } = await shop.addProduct('Looked at', 5)
  for (const path of [`/api/products/${id}`, '/api/users', '/cart']) {
    const { status, headers } = await fetch(shop.direct + path)
    expect([path, status, headers.get('x-session-position')]).toEqual([path, 200, null])
    expect(headers.getSetCookie().filter((line) => line.includes('position'))).toEqual([])
  }
})
