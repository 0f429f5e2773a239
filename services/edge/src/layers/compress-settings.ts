/** What an operator may say about compression: for a route, and for the edge as a whole. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

export const compressSettings = Type.Object(
  {
    codings: Type.Array(setting.choice(['zstd', 'br', 'gzip'], { description: 'a content coding' }), {
      description: 'content codings offered, preferred first; none when empty',
      default: ['zstd', 'br', 'gzip'],
    }),
    minBytes: setting.bytes({ description: 'answers below this size are sent as they are', default: 1024 }),
    types: setting.list({
      description: 'media types worth encoding; * at the begin or end of one stands for anything',
      default: [
        'text/*',
        '*+json',
        '*+xml',
        'application/json',
        'application/javascript',
        'application/xml',
        'application/wasm',
        'application/x-ndjson',
        'font/ttf',
        'font/otf',
        'image/bmp',
        'image/x-icon',
      ],
    }),
    credentialed: setting.choice(['same-site', 'always', 'never'], {
      description:
        'answers to requests with cookies or credentials: the length of an encoded answer can betray secrets to other sites (BREACH), so by default not those that another site asked for',
      default: 'same-site',
    }),
  },
  { additionalProperties: false },
)

/** Of the one encoder that all routes share. */
export const bodyEncoderSettings = Type.Object(
  {
    gzipLevel: setting.count({ description: 'effort of gzip', default: 6, minimum: 1, maximum: 9 }),
    brotliLevel: setting.count({ description: 'effort of br', default: 5, minimum: 0, maximum: 11 }),
    zstdLevel: setting.count({ description: 'effort of zstd', default: 6, minimum: 1, maximum: 19 }),
    maxStreams: setting.count({ description: 'bodies encoded while they pass, about 1 MB each', default: 256 }),
    maxJobs: setting.count({ description: 'bodies in memory encoded at once', default: 16 }),
  },
  { additionalProperties: false },
)

export type CompressSettings = Readonly<Static<typeof compressSettings>>
export type BodyEncoderSettings = Readonly<Static<typeof bodyEncoderSettings>>
