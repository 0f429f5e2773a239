/** `roundtrip open`: an installed Chromium or Chrome that knows the stack's names and trusts its certificate. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { spkiFingerprint } from '@roundtrip/pki'
import { zone, type StackAddresses } from '@roundtrip/stack'
import { browserFlags } from '../browser/browser-flags.ts'
import { findBrowser, hasDisplay } from '../browser/find-browser.ts'
import { freshProfile } from '../browser/profile.ts'
import { defineCommand, type Command, type Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { runningStack } from '../stack/connection.ts'
import { shellLine } from '../terminal/shell-quote.ts'

const options = {
  print: { type: 'boolean', description: 'print the command that would be run, and run nothing' },
} as const

export const open: Command = defineCommand({
  name: 'open',
  summary: 'Open the shop in an installed Chromium or Chrome',
  usage: '[--print] [url]',
  description:
    `Default URL: https://www.${zone}/. The browser starts in a fresh profile, finds the names of ${zone} without any DNS set-up ` +
    'and trusts the key of this stack’s certificate authority. Your own browser and its profile are left alone.',
  options,
  positionals: { max: 1 },
  examples: [
    { command: './roundtrip open', about: 'the shop' },
    { command: `./roundtrip open https://edge-2.${zone}/api/users`, about: 'one point of presence' },
    { command: './roundtrip open --print', about: 'the flags, for a browser of your own' },
  ],
  run: async ({ values, positionals: [text = `https://www.${zone}/`] }, io) => {
    const url = parsedUrl(text)
    const addresses = await runningStack(io).topology()
    const browser = findBrowser(process.platform, io.env)
    if (browser === undefined) throw noBrowser(addresses)
    const profiles = join(addresses.root, 'browser')
    if (values.print === true) {
      const words = [browser, ...flagsFor(addresses, join(profiles, 'by-hand'), url)]
      io.stdout.write(`${shellLine(words)}\n`)
      return exitStatus.ok
    }
    if (!hasDisplay(process.platform, io.env)) throw noDisplay()
    await launch(browser, flagsFor(addresses, freshProfile(profiles), url), url, io)
    return exitStatus.ok
  },
})

const parsedUrl = (text: string): string => {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href
  throw new RoundtripError('USAGE', `${JSON.stringify(text)} is not an http or https URL.`)
}

const flagsFor = ({ edges, caFile }: StackAddresses, profileFolder: string, url: string): string[] =>
  browserFlags({
    profileFolder,
    edges,
    zone,
    spkiFingerprints: [spkiFingerprint(readFileSync(caFile, 'utf8'))],
    isRoot: process.getuid?.() === 0,
    url,
  })

const noBrowser = ({ edges: [edge] }: StackAddresses): RoundtripError => {
  const install = process.platform === 'darwin' ? 'Google Chrome or Chromium' : 'chromium or google-chrome'
  const url = `https://www.roundtrip.localhost:${edge?.httpsPort ?? 443}/`
  const sentence = `No browser of the Chromium family was found. Install ${install}, or open ${url} in any browser: it will warn about the certificate.`
  return new RoundtripError('NOT_FOUND', sentence)
}

const noDisplay = (): RoundtripError =>
  new RoundtripError(
    'NOT_FOUND',
    'There is no screen here: neither DISPLAY nor WAYLAND_DISPLAY is set. ./roundtrip open --print shows the command; add --headless to it.',
  )

/** The browser outlives this command; what it prints is noise to everybody but its own developers. */
const launch = async (browser: string, flags: readonly string[], url: string, { stdout, env }: Io): Promise<void> => {
  const child = spawn(browser, flags, { detached: true, stdio: 'ignore', env })
  await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error as Error))])
  child.unref()
  stdout.write(`Opening ${url} in ${browser}.\n`)
}
