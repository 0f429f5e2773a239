/** Every dependency is chosen, pinned and named with its reason. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const { catalog } = parse(read('pnpm-workspace.yaml')) as { catalog: Record<string, string> }
const manifests = ['package.json', 'tests/package.json'].concat(
  ['packages', 'services'].flatMap((floor) =>
    readdirSync(join(root, floor)).map((name) => `${floor}/${name}/package.json`),
  ),
)

describe('dependencies', () => {
  it('are pinned exactly', () => {
    for (const [name, version] of Object.entries(catalog))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(-[\w.]+)?$/)])
  })

  it('are all named with their reason, and no others are', () => {
    const named = [...read('infra/dependencies.md').matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    )
    expect(named.toSorted()).toEqual(Object.keys(catalog).toSorted())
  })

  it.each(manifests)('%s takes them from the catalog only', (file) => {
    const manifest = JSON.parse(read(file)) as Record<string, Record<string, string> | undefined>
    const versions = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.values(manifest[kind] ?? {}),
    )
    expect(new Set(versions)).toEqual(
      new Set(versions.filter((version) => version === 'catalog:' || version === 'workspace:*')),
    )
  })

  it('are all used', () => {
    const used = new Set(
      manifests.flatMap((file) => {
        const manifest = JSON.parse(read(file)) as Record<string, Record<string, string> | undefined>
        return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
          Object.keys(manifest[kind] ?? {}),
        )
      }),
    )
    expect(Object.keys(catalog).filter((name) => !used.has(name))).toEqual([])
  })
})
