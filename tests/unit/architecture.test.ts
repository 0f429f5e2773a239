/** The two floors of the house: services stand on packages, packages form a graph without circles. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = <T>(file: string): T => JSON.parse(readFileSync(join(root, file), 'utf8')) as T
const foldersOf = (floor: string): string[] => readdirSync(join(root, floor)).map((name) => `${floor}/${name}`)

interface Manifest {
  name: string
  dependencies?: Record<string, string>
}
const rooms = new Map(
  [...foldersOf('packages'), ...foldersOf('services')].map((folder) => [
    folder,
    read<Manifest>(`${folder}/package.json`),
  ]),
)
const neighboursOf = ({ dependencies = {} }: Manifest): string[] =>
  Object.keys(dependencies)
    .filter((name) => name.startsWith('@roundtrip/'))
    .toSorted()
const nameOf = (folder: string): string => `@roundtrip/${folder.split('/')[1]}`
const sourcesOf = (folder: string): string[] =>
  readdirSync(join(root, folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, folder, 'src', file), 'utf8'))

describe('the house', () => {
  it('has packages that never depend on services, and services that never depend on each other', () => {
    const services = new Set(foldersOf('services').map(nameOf))
    for (const [folder, manifest] of rooms) {
      expect([folder, neighboursOf(manifest).filter((name) => services.has(name))]).toEqual([folder, []])
    }
  })

  it('has no circles', () => {
    const byName = new Map([...rooms.values()].map((manifest) => [manifest.name, manifest]))
    const settled = new Set<string>()
    const visit = (name: string, path: readonly string[]): void => {
      expect(path).not.toContain(name)
      const manifest = byName.get(name)
      if (settled.has(name) || manifest === undefined) return
      for (const next of neighboursOf(manifest)) visit(next, [...path, name])
      settled.add(name)
    }
    for (const name of byName.keys()) visit(name, [])
    expect(settled.size).toBe(rooms.size)
  })

  it.each([...rooms])('%s depends on exactly what it imports', (folder, manifest) => {
    const imported = new Set(
      sourcesOf(folder).flatMap((text) =>
        [...text.matchAll(/from '(@roundtrip\/[\w-]+)/g)].map(([, name = '']) => name),
      ),
    )
    expect([...imported].toSorted()).toEqual(neighboursOf({ ...manifest, dependencies: { ...manifest.dependencies } }))
  })

  it.each([...rooms])('%s has TypeScript references for exactly its workspace dependencies', (folder, manifest) => {
    const { references = [] } = read<{ references?: { path: string }[] }>(`${folder}/tsconfig.json`)
    expect(references.map(({ path }) => `@roundtrip/${path.split('/').at(-1)}`).toSorted()).toEqual(
      neighboursOf(manifest),
    )
  })

  it.each(foldersOf('services'))('%s has a short main, and alone reads the environment there', (folder) => {
    const main = readFileSync(join(root, folder, 'src/main.ts'), 'utf8')
      .trimEnd()
      .split('\n')
    expect(main.length).toBeLessThanOrEqual(15)
  })
})
