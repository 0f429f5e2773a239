/** testssl.sh: protocols, ciphers, curves, headers and known attacks on TLS. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startEdgeProcess } from '../helpers/edge-process.ts'
import { execute } from './execute.ts'
import { startOrigin } from './origin.ts'

interface Finding {
  readonly id: string
  readonly severity: string
  readonly finding: string
}

const failed = new Set(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])

/** A local certificate has no revocation, and what it is called is not what is tested. */
const expected = /^(cert_|OCSP_|ocsp|CRL|DNS_CAA|scanTime)/i

/** @returns the number of findings of at least low severity */
export const runTestssl = async (program: string): Promise<number> => {
  const origin = await startOrigin()
  const edge = await startEdgeProcess({ upstreams: [origin.address] })
  try {
    const json = join(edge.folder, 'testssl.json')
    const openssl = process.env['OPENSSL'] ?? '/usr/bin/openssl'
    const trust = ['--openssl', openssl, '--add-ca', edge.files.caFile]
    const output = ['--quiet', '--color', '0', '--warnings', 'off', '--jsonfile', json]
    const said = await execute(program, [...trust, ...output, `https://127.0.0.1:${edge.httpsPort}`])
    const findings = JSON.parse(readFileSync(json, 'utf8')) as Finding[]
    const worrying = findings.filter(({ id, severity }) => failed.has(severity) && !expected.test(id))
    for (const { id, severity, finding } of worrying) console.log(`${severity.padEnd(8)} ${id}: ${finding}`)
    const grade = /Overall Grade\s+(\S+)/.exec(said)?.[1] ?? 'none: testssl.sh 3.2 and later give one'
    console.log(`${findings.length} findings, ${worrying.length} of them worrying; grade ${grade}`)
    return worrying.length
  } finally {
    await edge.stop()
    origin.close()
  }
}
