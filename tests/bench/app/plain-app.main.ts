/** The plain shop as a process, with the settings that our app takes. */
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { plainApp } from './plain-app.ts'

const {
  APP_PRIMARY_URL: primaryUrl = '',
  APP_CACHE_URL: cacheUrl = '',
  APP_DATABASE_PASSWORD_FILE: databasePasswordFile = '',
  APP_REDIS_PASSWORD_FILE: redisPasswordFile = '',
  PLAIN_MEMORY: memory,
  PLAIN_CONNECTIONS: connections = '10',
} = process.env

/** Who is not measured just now must leave the server's connections to the others. */
const idleTimeoutMillis = 500

const { hostname, port, username, pathname } = new URL(primaryUrl)
const pool = new Pool({
  host: hostname,
  port: Number(port),
  user: username,
  database: pathname.slice(1),
  password: readFileSync(databasePasswordFile, 'utf8'),
  max: Number(connections),
  idleTimeoutMillis,
})
const redis = new Redis(cacheUrl, { password: readFileSync(redisPasswordFile, 'utf8') })
const app = plainApp({ pool, redis, memory: memory === 'yes' })

await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ port: (app.server.address() as AddressInfo).port })
process.once('disconnect', () => process.exit())
