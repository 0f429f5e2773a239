/** Makes or renews the certificates in a folder, then exits or stays to do so again: 0 done, 78 wrong settings, 1 anything else. */
import { loadSettings } from '@roundtrip/config'
import { toRoundtripError } from '@roundtrip/errors'
import { pkiSettings } from './config.ts'
import { runTask } from './task.ts'

const say = (level: string, message: string, more: object): void =>
  void process.stdout.write(`${JSON.stringify({ level, service: 'pki', message, ...more })}\n`)

try {
  const stop = await runTask(loadSettings('PKI', pkiSettings, process.env), {
    info: (message, files) => say('info', message, files),
    error: (message, error) => say('error', message, { error: String(error) }),
  })
  if (stop !== undefined) process.once('SIGTERM', stop).once('SIGINT', stop)
} catch (error) {
  const { code, message, cause } = toRoundtripError(error)
  process.stderr.write(`pki: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}\n`)
  process.exitCode = code === 'SETTINGS_INVALID' ? 78 : 1
}
