/** One run for all who ask meanwhile. */
import { expect, test } from 'vitest'
import { SingleFlight } from './single-flight.ts'

const failing = () => Promise.reject(new Error('no'))

test('those who come meanwhile share the run; those who come after start another', async () => {
  const flights = new SingleFlight()
  const gate = Promise.withResolvers<string>()
  let runs = 0
  const work = () => {
    runs++
    return gate.promise
  }
  const both = Promise.all([flights.run('a', work), flights.run('a', work)])
  gate.resolve('done')
  expect(await both).toEqual(['done', 'done'])
  expect(runs).toBe(1)
  await flights.run('a', work)
  expect(runs).toBe(2)
})

test('a failure reaches all of them and is not kept', async () => {
  const flights = new SingleFlight()
  const results = await Promise.allSettled([flights.run('a', failing), flights.run('a', failing)])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await flights.run('a', () => Promise.resolve('yes'))).toBe('yes')
})
