/** Makes or renews the certificates in a folder, then exits: 0 done, 78 wrong settings, 1 anything else. */
import { loadSettings } from '@roundtrip/config'
import { toRoundtripError } from '@roundtrip/errors'
import { pkiSettings } from './config.ts'
import { ensurePki } from './pki-folder.ts'

try {
  const { folder, names, leafLifetimeMs } = loadSettings('PKI', pkiSettings, process.env)
  const files = await ensurePki(folder, { names, lifetimeMs: leafLifetimeMs })
  process.stdout.write(
    `${JSON.stringify({ level: 'info', service: 'pki', message: 'certificates ready', ...files })}\n`,
  )
} catch (error) {
  const { code, message, cause } = toRoundtripError(error)
  process.stderr.write(`pki: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}\n`)
  process.exitCode = code === 'SETTINGS_INVALID' ? 78 : 1
}
