/** What a URL on the command line means (RFC 3986, RFC 9110 §4.2): where to connect to, and what to say there. */
import { RoundtripError } from '@roundtrip/errors'

export interface Target {
  readonly scheme: 'http' | 'https'
  /** Without the brackets of an IPv6 address. */
  readonly host: string
  /** As the Host field has it. */
  readonly authority: string
  /** The port of the URL, the scheme's default when it names none. */
  readonly port: number
  /** Path and query. */
  readonly path: string
  /** Without fragment. */
  readonly url: string
}

/**
 * @param text `https://` may be left out
 * @throws RoundtripError `USAGE`
 */
export const parseTarget = (text: string): Target => {
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null) throw usage(`${JSON.stringify(text)} is not a URL; write it like https://www.roundtrip.test/`)
  const scheme = url.protocol.slice(0, -1)
  if (scheme !== 'http' && scheme !== 'https') throw usage(`${scheme}: cannot be traced, only https: and http: can.`)
  if (url.username !== '' || url.password !== '') {
    throw usage("Credentials do not belong in a URL; send them with --header 'authorization: …'.")
  }
  return {
    scheme,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    authority: url.host,
    port: url.port === '' ? defaultPorts[scheme] : Number(url.port),
    path: `${url.pathname}${url.search}`,
    url: url.href.replace(/#.*$/, ''),
  }
}

export const defaultPorts = { http: 80, https: 443 } as const

const usage = (sentence: string): RoundtripError => new RoundtripError('USAGE', sentence)
