/** What an operator may say about the requests a route takes. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

export const validateSettings = Type.Object(
  {
    methods: setting.list({
      description:
        'methods taken, others get 405; any when empty, which next hops then judge; CONNECT and TRACE never are',
      default: [],
    }),
    maxTargetBytes: setting.bytes({ description: 'longest path with its query; 414 above', default: 8192 }),
    privatePaths: setting.list({
      description: 'paths that do not exist for clients, with all below them; lower case',
      default: ['/health'],
    }),
    dotSegments: setting.choice(['refuse', 'within-root'], {
      description: 'paths with . or .. in them, however encoded; those that leave the root are always refused',
      default: 'refuse',
    }),
    backslashes: setting.choice(['refuse', 'allow'], {
      description: 'paths with a backslash, bare or encoded',
      default: 'refuse',
    }),
    encodedSlashes: setting.choice(['refuse', 'allow'], { description: 'paths with %2F', default: 'allow' }),
    emptySegments: setting.choice(['refuse', 'allow'], { description: 'paths with //', default: 'allow' }),
    contentOnRead: setting.choice(['refuse', 'allow'], {
      description: 'GET and HEAD over HTTP/1 that carry content',
      default: 'refuse',
    }),
    serverNames: setting.choice(['must-agree', 'any'], {
      description: 'whether the host must be one that the certificate shown on the connection is valid for',
      default: 'must-agree',
    }),
  },
  { additionalProperties: false },
)

export type ValidateSettings = Readonly<Static<typeof validateSettings>>
