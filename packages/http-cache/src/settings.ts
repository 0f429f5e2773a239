/** What an operator may set of the cache, with defaults for production. */
import { Type, type Static } from 'typebox'

const mebibyte = 1024 * 1024
const strict = { additionalProperties: false } as const

/** Of one process: what the store is made with. */
export const cacheStoreSettings = Type.Object(
  {
    maxBytes: Type.Integer({
      description: 'Memory for stored responses, their fields, keys and bookkeeping included, also of those on disk.',
      default: 256 * mebibyte,
      minimum: 65_536,
    }),
    maxVariants: Type.Integer({
      description: 'Stored variants (Vary) of one URL; the oldest goes first.',
      default: 32,
      minimum: 1,
    }),
    disk: Type.Optional(
      Type.Object(
        {
          folder: Type.String({ description: 'Where files go; emptied at the next start.', minLength: 1 }),
          maxBytes: Type.Integer({ description: 'Room for files.', default: 4096 * mebibyte, minimum: 0 }),
        },
        { ...strict, description: 'A second level for what memory has no room for. None by default.' },
      ),
    ),
  },
  strict,
)

/** Of one route: what its cache layer is made with. */
export const cacheSettings = Type.Object(
  {
    enabled: Type.Boolean({ description: 'Whether responses are stored and reused at all.', default: true }),
    maxObjectBytes: Type.Integer({
      description:
        'Content beyond this passes through and is not stored; nor is what takes more than a tenth of the store, a quarter where it has a disk.',
      default: 16 * mebibyte,
      minimum: 0,
    }),
    defaultTtlMs: Type.Integer({
      description: 'Freshness of responses that say nothing and give no ground to guess on; 0 stores none of them.',
      default: 0,
      minimum: 0,
    }),
    negativeTtlMs: Type.Record(Type.String({ pattern: String.raw`^[45]\d\d$` }), Type.Integer({ minimum: 0 }), {
      description: 'Freshness by error status, e.g. {"404": 5000}, for responses without one of their own.',
      ...strict,
      default: {},
    }),
    heuristicFraction: Type.Number({
      description: 'Share of the time since Last-Modified that counts as fresh.',
      default: 0.1,
      minimum: 0,
      maximum: 1,
    }),
    heuristicMaxMs: Type.Integer({
      description: 'Longest guessed freshness.',
      default: 24 * 3600 * 1000,
      minimum: 0,
    }),
    staleIfErrorMs: Type.Integer({
      description: 'How long past its life a response stands in for an origin that cannot be reached.',
      default: 60_000,
      minimum: 0,
    }),
    softPurgeGraceMs: Type.Integer({
      description: 'How long a soft-purged response is served while it is asked for again.',
      default: 10_000,
      minimum: 0,
    }),
    hitForMissMs: Type.Integer({
      description: 'How long requests for what could not be stored do not wait for each other.',
      default: 120_000,
      minimum: 0,
    }),
    honourRequestDirectives: Type.Boolean({
      description: 'Whether Cache-Control of a request may make the cache ask the origin.',
      default: true,
    }),
    setCookie: Type.Union([Type.Literal('explicit'), Type.Literal('shared'), Type.Literal('never')], {
      description:
        'Responses with Set-Cookie are stored when the origin says how long they are fresh (explicit), when it says public or s-maxage (shared), or never.',
      default: 'explicit',
    }),
    inner: Type.Boolean({
      description:
        'Whether a cache of ours stands in front and is purged in place of this one: long-lived and stale responses are left to it, and Surrogate-Key is passed on.',
      default: false,
    }),
    normaliseVary: Type.Boolean({
      description: 'Whether equal meanings of Accept-Encoding and Accept-Language share a variant.',
      default: true,
    }),
    key: Type.Object(
      {
        ignoreQuery: Type.Array(Type.String({ minLength: 1 }), {
          description: 'Query parameters that make no difference; a star stands for any ending, e.g. utm_*.',
          default: [],
        }),
        sortQuery: Type.Boolean({ description: 'Whether their order makes no difference.', default: false }),
      },
      {
        ...strict,
        description: 'What two URLs may differ in and still be one.',
        default: { ignoreQuery: [], sortQuery: false },
      },
    ),
    bypass: Type.Object(
      {
        pathPrefixes: Type.Array(Type.String({ pattern: '^/' }), {
          description: 'Paths that never touch the cache.',
          default: [],
        }),
        cookies: Type.Array(Type.String({ minLength: 1 }), {
          description: 'Names of cookies whose bearers never touch the cache.',
          default: [],
        }),
        fields: Type.Array(Type.String({ minLength: 1 }), {
          description: 'Names of request fields whose bearers never touch the cache.',
          default: [],
        }),
      },
      {
        ...strict,
        description: 'Requests that go past the cache.',
        default: { pathPrefixes: [], cookies: [], fields: [] },
      },
    ),
  },
  strict,
)

export type CacheStoreSettings = Static<typeof cacheStoreSettings>
export type CacheSettings = Static<typeof cacheSettings>

/** The defaults that the schema names, in one object. */
export const defaultCacheSettings: CacheSettings = {
  enabled: true,
  maxObjectBytes: 16 * mebibyte,
  defaultTtlMs: 0,
  negativeTtlMs: {},
  heuristicFraction: 0.1,
  heuristicMaxMs: 24 * 3600 * 1000,
  staleIfErrorMs: 60_000,
  softPurgeGraceMs: 10_000,
  hitForMissMs: 120_000,
  honourRequestDirectives: true,
  setCookie: 'explicit',
  inner: false,
  normaliseVary: true,
  key: { ignoreQuery: [], sortQuery: false },
  bypass: { pathPrefixes: [], cookies: [], fields: [] },
}
