/** What is asked of every contestant. */

interface Asking {
  readonly name: string
  readonly description: string
  readonly transport: 'plain' | 'tls'
}

/** As many answers as there can be, then how long they take at 70 % load. */
export interface AnswerScenario extends Asking {
  readonly kind: 'answers'
  readonly protocol: 'h1' | 'h2'
  readonly path: string
  /** The origin must not be asked. */
  readonly cached: boolean
  /** Whether the time to answer is measured at a set rate, too. */
  readonly latency: boolean
}

/** As many TLS handshakes as there can be. */
export interface HandshakeScenario extends Asking {
  readonly kind: 'handshakes'
  readonly resumed: boolean
}

export type Scenario = AnswerScenario | HandshakeScenario

const answers = (
  name: string,
  description: string,
  rest: Pick<AnswerScenario, 'transport' | 'protocol' | 'path'>,
): AnswerScenario => ({
  kind: 'answers',
  name,
  description,
  cached: rest.path.startsWith('/cached/'),
  latency: rest.path.endsWith('/1k'),
  ...rest,
})

const variants = (name: string, description: string, path: string): AnswerScenario[] => [
  answers(`${name}-plain`, `${description}, plain HTTP/1.1`, { transport: 'plain', protocol: 'h1', path }),
  answers(`${name}-tls`, `${description}, HTTP/1.1 over TLS`, { transport: 'tls', protocol: 'h1', path }),
  answers(`${name}-h2`, `${description}, HTTP/2 over TLS`, { transport: 'tls', protocol: 'h2', path }),
]

const handshakes = (name: string, description: string, resumed: boolean): HandshakeScenario => ({
  kind: 'handshakes',
  transport: 'tls',
  name,
  description,
  resumed,
})

export const scenarios: readonly Scenario[] = [
  ...variants('cached-1k', 'cached answer of 1 KB', '/cached/1k'),
  ...variants('proxied-1k', 'proxied answer of 1 KB', '/proxied/1k'),
  ...variants('proxied-100k', 'proxied answer of 100 KB', '/proxied/100k'),
  handshakes('handshakes-full', 'full TLS 1.3 handshakes (P-256, X25519)', false),
  handshakes('handshakes-resumed', 'TLS 1.3 handshakes resumed by ticket (psk_dhe_ke)', true),
]
