/** Where V8 makes new objects, asked of V8 itself in a process of its own. */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Everything that `make` makes outlives several collections; then nothing does. Smallest young generation: V8 decides only once it is full-grown. */
const areNewObjectsYoung = (before: string): string =>
  execFileSync(
    process.execPath,
    [
      '--allow-natives-syntax',
      '--min-semi-space-size=1',
      '--max-semi-space-size=1',
      '--input-type=module',
      '--eval',
      `import { keepNewObjectsYoung } from ${JSON.stringify(import.meta.resolve('./young-objects.ts'))}
       ${before}
       const make = (number) => [number, number + 1, number + 2]
       for (let round = 0; round < 60; round++) {
         const kept = []
         for (let i = 0; i < 20_000; i++) kept.push(make(i))
       }
       let last
       for (let i = 0; i < 1000; i++) last = make(i)
       console.log(%InYoungGeneration(last))`,
    ],
    { encoding: 'utf8' },
  ).trim()

test('V8 makes new objects old where many have outlived collections', () => {
  expect(areNewObjectsYoung('')).toBe('false')
})

test('they stay young', () => {
  expect(areNewObjectsYoung('keepNewObjectsYoung()')).toBe('true')
})
