/** A password may hold any character. */
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { withPassword } from './connection.ts'

test.each(['plain', 'p@ss:w/rd?#&=%41 ü', '%'])('%j reaches pg as it is', (password) => {
  const client = new Client({ connectionString: withPassword('postgres://shop@127.0.0.1:5432/db', password) })
  expect(client.password).toBe(password)
  expect([client.user, client.host, client.port, client.database]).toEqual(['shop', '127.0.0.1', 5432, 'db'])
})

test('without one the URL stays as it is', () => {
  expect(withPassword('postgres://shop@db/shop', undefined)).toBe('postgres://shop@db/shop')
})
