#!/usr/bin/env node
/**
 * Healthcheck: asks each URL a real question, exits 0 when all are answered well. Runs inside the container it checks.
 *
 *   probe http://127.0.0.1:8100/health/web
 *   probe --ca ca.pem https://www.roundtrip.test:8443/assets/site.css   (on loopback, whatever the name)
 *   probe dns://127.0.0.1:5300/roundtrip.test               (SOA over UDP)
 */
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { parseArgs } from 'node:util'

const timeoutMs = 2000
const { values, positionals } = parseArgs({ options: { ca: { type: 'string' } }, allowPositionals: true })

const askHttp = (url) => {
  const { promise, resolve, reject } = Promise.withResolvers()
  const { get } = url.protocol === 'https:' ? https : http
  const secure = url.protocol === 'https:' && {
    ca: readFileSync(values.ca),
    servername: url.hostname,
  }
  // The name is what a client asks for; the connection goes to this container.
  const options = { host: '127.0.0.1', port: url.port, path: url.pathname, headers: { host: url.host }, ...secure }
  get({ ...options, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
    response.resume()
    response.on('error', reject)
    response.on('end', () =>
      response.statusCode === 200 ? resolve() : reject(new Error(`${url} answered ${response.statusCode}`)),
    )
  }).on('error', reject)
  return promise
}

const askDns = async (url) => {
  const { query } = await import('../../packages/dns-wire/src/index.ts')
  const name = url.pathname.slice(1)
  const { message } = await query({ host: url.hostname, port: Number(url.port), name, type: 'SOA', timeoutMs })
  if (message.rcode !== 'NOERROR' || message.answers.length === 0) throw new Error(`${url} answered ${message.rcode}`)
}

try {
  for (const text of positionals) {
    const url = new URL(text)
    await (url.protocol === 'dns:' ? askDns(url) : askHttp(url))
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
