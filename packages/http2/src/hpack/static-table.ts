/** The static table (RFC 7541 appendix A). */
import { FieldLine } from './field-line.ts'

const lines: readonly string[] = [
  ':authority',
  ':method|GET',
  ':method|POST',
  ':path|/',
  ':path|/index.html',
  ':scheme|http',
  ':scheme|https',
  ':status|200',
  ':status|204',
  ':status|206',
  ':status|304',
  ':status|400',
  ':status|404',
  ':status|500',
  'accept-charset',
  'accept-encoding|gzip, deflate',
  'accept-language',
  'accept-ranges',
  'accept',
  'access-control-allow-origin',
  'age',
  'allow',
  'authorization',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expect',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'link',
  'location',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'range',
  'referer',
  'refresh',
  'retry-after',
  'server',
  'set-cookie',
  'strict-transport-security',
  'transfer-encoding',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
]

/** Entry 1 at place 0; `:name|value`, or a name alone. */
export const staticTable: readonly FieldLine[] = lines.map((line) => {
  const [name = '', value = ''] = line.split('|')
  return new FieldLine(name, value)
})

/** The first index of a name, for literals with an indexed name. */
export const staticNameIndex: ReadonlyMap<string, number> = new Map(
  staticTable.map(({ name }, place) => [name, place + 1] as const).toReversed(),
)

/** The index of a whole line, or undefined. */
export const staticLineIndex = (name: string, value: string): number | undefined => {
  const first = staticNameIndex.get(name)
  if (first === undefined) return undefined
  for (let index = first; staticTable[index - 1]?.name === name; index += 1) {
    if (staticTable[index - 1]?.value === value) return index
  }
  return undefined
}
