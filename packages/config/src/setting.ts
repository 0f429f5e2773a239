/** The kinds of settings: TypeBox schemas that also carry the sentence for a wrong value. */
import { Type, type TArray, type TBoolean, type TInteger, type TOptional, type TString, type TUnsafe } from 'typebox'

/** What each kind takes: a description for the settings table, and a default unless the setting is required. */
export interface About<T> {
  readonly description: string
  readonly default?: T
}

/** Non-standard keywords of a setting's schema. JSON Schema lets validators ignore what they do not know. */
export interface SettingKeywords {
  /** Completes "expected …" in an error message. */
  readonly expected: string
  /** Never printed, and may come from a file named by `<VARIABLE>_FILE`. */
  readonly secret?: boolean
}

const origin = String.raw`^https?://[^/?#@\s]+/?$`
const noSpaces = String.raw`^\S+$`

/** The builders. Units stand in the name of the setting: `…Ms` is milliseconds, `…Bytes` is octets. */
export const setting = {
  text: (about: About<string>): TString => Type.String({ minLength: 1, expected: 'some text', ...about }),

  /** An address or host name to listen on or connect to. */
  host: (about: About<string>): TString =>
    Type.String({ pattern: noSpaces, expected: 'a host name or an IP address', ...about }),

  /** A TCP or UDP port; 0 lets the system choose a free one. */
  port: (about: About<number>): TInteger =>
    Type.Integer({
      minimum: 0,
      maximum: 65_535,
      expected: 'a port number from 0 to 65535 (0: any free one)',
      ...about,
    }),

  count: (about: About<number> & { minimum?: number; maximum?: number }): TInteger => {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = about
    const upTo = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`
    return Type.Integer({ minimum, maximum, expected: `a whole number ${upTo}`, ...about })
  },

  /** How many processes share a port. */
  processes: (about: About<string>): TString =>
    Type.String({ pattern: '^(auto|[1-9][0-9]{0,2})$', expected: 'a number of processes, or auto', ...about }),

  /** Milliseconds; at most about 24 days, the longest that a Node timer can wait. */
  durationMs: (about: About<number> & { minimum?: number }): TInteger =>
    Type.Integer({
      minimum: 1,
      maximum: 2 ** 31 - 1,
      expected: 'a whole number of milliseconds, at least 1',
      ...about,
    }),

  bytes: (about: About<number>): TInteger =>
    Type.Integer({ minimum: 0, expected: 'a whole number of bytes', ...about }),

  flag: (about: About<boolean>): TBoolean => Type.Boolean({ expected: 'true or false', ...about }),

  choice: <const T extends string>(values: readonly T[], about: About<T>): TUnsafe<T> =>
    Type.Unsafe<T>(Type.String({ enum: [...values], expected: `one of ${values.join(', ')}`, ...about })),

  /** Scheme, host and port of an HTTP server, without a path. */
  origin: (about: About<string>): TString =>
    Type.String({ pattern: origin, expected: 'an origin such as http://127.0.0.1:8080', ...about }),

  /** Several origins, separated by commas in the environment. */
  origins: (about: About<string[]>): TArray<TString> =>
    Type.Array(Type.String({ pattern: origin }), {
      minItems: 1,
      expected: 'one or more origins, separated by commas, such as http://10.0.0.1:8080,http://10.0.0.2:8080',
      ...about,
    }),

  /** Several words, separated by commas in the environment; the list may be empty. */
  list: (about: About<string[]>): TArray<TString> =>
    Type.Array(Type.String({ minLength: 1 }), { expected: 'a list separated by commas', ...about }),

  /** A URL with the given schemes, such as `postgres:` or `redis:`. Passwords belong in a secret of their own. */
  url: (schemes: readonly string[], about: About<string>): TString =>
    Type.String({
      pattern: `^(${schemes.join('|')})//[^\\s]+$`,
      expected: `a URL starting with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
      ...about,
    }),

  /** Several URLs, separated by commas in the environment; the list may be empty. */
  urls: (schemes: readonly string[], about: About<string[]>): TArray<TString> =>
    Type.Array(Type.String({ pattern: `^(${schemes.join('|')})//[^\\s]+$` }), {
      expected: `URLs starting with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}, separated by commas`,
      ...about,
    }),

  /** A path in the file system; relative ones start at the working folder. */
  path: (about: About<string>): TString => Type.String({ minLength: 1, expected: 'a path', ...about }),

  /** A password or key: redacted wherever settings are shown, readable from a file by `<VARIABLE>_FILE`. */
  secret: (about: About<string> & { minLength?: number }): TString => {
    const { minLength = 1 } = about
    const long = minLength === 1 ? '' : ` of at least ${minLength} characters`
    return Type.String({ minLength, expected: `a secret${long}, or a file that holds it`, secret: true, ...about })
  },

  /** Marks a setting that may be absent and has no default. */
  optional: <T extends Parameters<typeof Type.Optional>[0]>(schema: T): TOptional<T> =>
    Type.Optional(schema) as TOptional<T>,
}
