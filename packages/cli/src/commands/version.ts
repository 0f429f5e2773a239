/** `roundtrip version`: what is running, for a bug report. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineCommand, type Command } from '../command.ts'
import { exitStatus } from '../exit-status.ts'

/** @returns the version in the project's package.json */
export const projectVersion = (projectRoot: string): string =>
  (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }).version

export const version: Command = defineCommand({
  name: 'version',
  summary: 'Print the versions of Roundtrip, Node and OpenSSL',
  usage: '[--json]',
  options: { json: { type: 'boolean', description: 'print JSON' } },
  examples: [{ command: './roundtrip version --json', about: 'for a bug report' }],
  run: async ({ values }, { stdout, projectRoot }) => {
    const facts = {
      roundtrip: projectVersion(projectRoot),
      node: process.versions.node,
      openssl: process.versions.openssl,
      platform: `${process.platform}-${process.arch}`,
    }
    const { roundtrip, node, openssl, platform } = facts
    stdout.write(
      values.json === true
        ? `${JSON.stringify(facts)}\n`
        : `roundtrip ${roundtrip} (Node ${node}, OpenSSL ${openssl}, ${platform})\n`,
    )
    return exitStatus.ok
  },
})
