/** Requests that two parsers could read differently (RFC 9112 §11.2), as bytes. None may reach the origin in part or whole. */

export interface SmugglingCase {
  readonly name: string
  readonly bytes: string
}

const host = 'Host: www.roundtrip.test\r\n'
/** What an attacker wants the origin to see as a request of its own. */
const smuggled = `GET /smuggled HTTP/1.1\r\n${host}\r\n`

const post = (fields: string, body: string): string => `POST /carrier HTTP/1.1\r\n${host}${fields}\r\n${body}`
const get = (line: string, fields = host): string => `${line}\r\n${fields}\r\n`
const chunkedEnd = `0\r\n\r\n${smuggled}`

const withLength = (name: string, field: string): SmugglingCase => ({ name, bytes: post(`${field}\r\n`, smuggled) })
const withCoding = (name: string, field: string): SmugglingCase => ({
  name,
  bytes: post(`Content-Length: ${chunkedEnd.length}\r\n${field}\r\n`, chunkedEnd),
})
const withCodingOnly = (name: string, field: string): SmugglingCase => ({
  name,
  bytes: post(`${field}\r\n`, chunkedEnd),
})
const withChunks = (name: string, body: string): SmugglingCase => ({
  name,
  bytes: post('Transfer-Encoding: chunked\r\n', `${body}${smuggled}`),
})

/** Has one meaning, and has to get through: otherwise the others would prove nothing. */
export const plainRequest: string = `GET /plain HTTP/1.1\r\n${host}Connection: close\r\n\r\n`

export const smugglingCases: readonly SmugglingCase[] = [
  withCoding('CL.TE', 'Transfer-Encoding: chunked'),
  {
    name: 'TE.CL',
    bytes: post(`Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`, `5c\r\n${smuggled}\r\n0\r\n\r\n`),
  },
  withCoding('CL.TE with a space before the colon', 'Transfer-Encoding : chunked'),
  withCoding('CL.TE with a tab before the colon', 'Transfer-Encoding\t: chunked'),
  withCoding('CL.TE in an obsolete line folding', 'X: y\r\n Transfer-Encoding: chunked'),
  withCoding('CL.TE folded after the colon', 'Transfer-Encoding:\r\n chunked'),
  withCoding('CL.TE after a bare LF', 'X: y\nTransfer-Encoding: chunked'),
  withCoding('CL.TE after a bare CR', 'X: y\rTransfer-Encoding: chunked'),
  withCoding('CL.TE with NUL in the value', 'Transfer-Encoding: chunked\0'),
  withCoding('CL.TE with a vertical tab', 'Transfer-Encoding:\u000Bchunked'),
  withCoding('CL.TE in quotes', 'Transfer-Encoding: "chunked"'),
  withCodingOnly('TE that is no coding', 'Transfer-Encoding: xchunked'),
  withCodingOnly('TE twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'),
  withCodingOnly('TE with chunked not last', 'Transfer-Encoding: chunked, gzip'),
  withCodingOnly('TE with chunked twice', 'Transfer-Encoding: chunked, chunked'),
  withCodingOnly('TE with identity', 'Transfer-Encoding: identity'),
  withCodingOnly('TE empty', 'Transfer-Encoding:'),
  withCodingOnly('TE with an underscore beside it', 'Transfer_Encoding: chunked\r\nTransfer-Encoding: x'),
  {
    name: 'TE in HTTP/1.0',
    bytes: `POST /carrier HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n${chunkedEnd}`,
  },
  withLength('CL twice and different', 'Content-Length: 0\r\nContent-Length: 5'),
  withLength('CL as a list of different ones', 'Content-Length: 0, 5'),
  withLength('CL with a plus', 'Content-Length: +0'),
  withLength('CL with a minus', 'Content-Length: -0'),
  withLength('CL in hexadecimal', 'Content-Length: 0x0'),
  withLength('CL with a fraction', 'Content-Length: 0.0'),
  withLength('CL with an exponent', 'Content-Length: 0e1'),
  withLength('CL with underscores', 'Content-Length: 0_0'),
  withLength('CL empty', 'Content-Length:'),
  withLength('CL with a space inside', 'Content-Length: 0 0'),
  withLength('CL with a space before the colon', 'Content-Length : 0'),
  withLength('CL beyond 64 bits', 'Content-Length: 18446744073709551616'),
  withLength('CL in other digits', 'Content-Length: \u00B2'),
  withChunks('chunk size with a plus', '+0\r\n\r\n'),
  withChunks('chunk size with a minus', '-0\r\n\r\n'),
  withChunks('chunk size with 0x', '0x0\r\n\r\n'),
  withChunks('chunk size with a space before', ' 0\r\n\r\n'),
  withChunks('chunk size empty', '\r\n\r\n'),
  withChunks('chunk size beyond 64 bits', '10000000000000000\r\n\r\n'),
  withChunks('chunk size ended by LF', '0\n\n'),
  withChunks('chunk size ended by CR', '0\r\r'),
  withChunks('chunk data ended by nothing', '1\r\nX0\r\n\r\n'),
  withChunks('chunk data ended by LF', '1\r\nX\n0\r\n\r\n'),
  withChunks('chunk data longer than said', '1\r\nXY\r\n0\r\n\r\n'),
  withChunks('chunk extension with LF', '1;a\nX\r\n0\r\n\r\n'),
  withChunks('chunk extension with CR', '1;a\rb\r\nX\r\n0\r\n\r\n'),
  withChunks('trailer with a bad name', '0\r\nX Y: z\r\n\r\n'),
  { name: 'Host twice', bytes: get('GET /carrier HTTP/1.1', `${host}Host: other.test\r\n`) },
  { name: 'Host missing', bytes: get('GET /carrier HTTP/1.1', '') },
  { name: 'Host empty', bytes: get('GET /carrier HTTP/1.1', 'Host:\r\n') },
  { name: 'Host with userinfo', bytes: get('GET /carrier HTTP/1.1', 'Host: a@www.roundtrip.test\r\n') },
  { name: 'Host with a path', bytes: get('GET /carrier HTTP/1.1', 'Host: www.roundtrip.test/x\r\n') },
  { name: 'Host with a list', bytes: get('GET /carrier HTTP/1.1', 'Host: www.roundtrip.test, other.test\r\n') },
  { name: 'Host after a space', bytes: get('GET /carrier HTTP/1.1', ` ${host}`) },
  { name: 'absolute-form against Host', bytes: get('GET http://other.test/carrier HTTP/1.1') },
  { name: 'two spaces in the request line', bytes: get('GET  /carrier HTTP/1.1') },
  { name: 'a tab in the request line', bytes: get('GET\t/carrier HTTP/1.1') },
  { name: 'a space in the target', bytes: get('GET /carrier x HTTP/1.1') },
  { name: 'NUL in the target', bytes: get('GET /car\0rier HTTP/1.1') },
  { name: 'a request line ended by LF', bytes: `GET /carrier HTTP/1.1\n${host}\r\n` },
  { name: 'HTTP/0.9', bytes: 'GET /carrier\r\n\r\n' },
  { name: 'HTTP/1.2', bytes: get('GET /carrier HTTP/1.2') },
  { name: 'HTTP/2 by name', bytes: get('GET /carrier HTTP/2.0') },
  { name: 'a lower-case protocol', bytes: get('GET /carrier http/1.1') },
  { name: 'a method with a bad character', bytes: get('G(T /carrier HTTP/1.1') },
  { name: 'a field without a colon', bytes: get('GET /carrier HTTP/1.1', `${host}X\r\n`) },
  { name: 'a field without a name', bytes: get('GET /carrier HTTP/1.1', `${host}: x\r\n`) },
  { name: 'NUL in a field', bytes: get('GET /carrier HTTP/1.1', `${host}X: a\0b\r\n`) },
  { name: 'CR in a field', bytes: get('GET /carrier HTTP/1.1', `${host}X: a\rb\r\n`) },
]
