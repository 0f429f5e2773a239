/** What an operator may say about the security fields of responses, and the fields that follow from it. */
import { setting } from '@roundtrip/config'
import type { SecurityHeadersOptions } from '@roundtrip/http'
import { Type, type Static } from 'typebox'

const optionalText = (description: string) => setting.optional(setting.text({ description }))

export const securityHeadersSettings = Type.Object(
  {
    hstsMaxAgeSeconds: setting.count({
      description: 'how long browsers come with TLS only (Strict-Transport-Security); 0 sends no such field',
      default: 31_536_000,
    }),
    hstsPorts: setting.choice(['safe', 'any'], {
      description:
        'safe: HSTS only where a browser that heeds it still finds everything, with HTTPS on port 443 or without a plain listener; any: on whatever port',
      default: 'safe',
    }),
    hstsIncludeSubDomains: setting.flag({ description: 'whether that holds for all names below too', default: false }),
    hstsPreload: setting.flag({
      description: 'whether browsers may have it built in; hard to take back',
      default: false,
    }),
    contentTypeOptions: setting.choice(['nosniff', 'none'], {
      description: 'X-Content-Type-Options',
      default: 'nosniff',
    }),
    referrerPolicy: setting.text({ description: 'Referrer-Policy', default: 'strict-origin-when-cross-origin' }),
    crossOriginOpenerPolicy: setting.choice(['same-origin', 'same-origin-allow-popups', 'unsafe-none'], {
      description: 'Cross-Origin-Opener-Policy',
      default: 'same-origin-allow-popups',
    }),
    frameOptions: setting.choice(['DENY', 'SAMEORIGIN', 'none'], {
      description: 'X-Frame-Options: who may show pages in a frame',
      default: 'SAMEORIGIN',
    }),
    contentSecurityPolicy: optionalText('Content-Security-Policy; none when unset, as only the origin knows its pages'),
    permissionsPolicy: optionalText('Permissions-Policy; none when unset'),
    overwrite: setting.flag({ description: 'whether these replace what the origin sends', default: false }),
    removedFields: setting.list({
      description: 'fields of responses that are removed',
      default: ['server', 'x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version'],
    }),
  },
  { additionalProperties: false },
)

export type SecurityHeadersSettings = Readonly<Static<typeof securityHeadersSettings>>

const strictTransportSecurity = (settings: SecurityHeadersSettings): string =>
  [
    `max-age=${settings.hstsMaxAgeSeconds}`,
    ...(settings.hstsIncludeSubDomains ? ['includeSubDomains'] : []),
    ...(settings.hstsPreload ? ['preload'] : []),
  ].join('; ')

const present = (fields: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined))

/** Where clients reach the edge. */
export interface PublicPorts {
  readonly publicHttpsPort: number
  readonly hasPlainListener: boolean
}

/**
 * A browser that has seen the field replaces `http` by `https` but keeps a port that is not 80 (RFC 6797 §8.3): it would
 * speak TLS to a plain listener, or look for HTTPS at port 443 in vain, where it was redirected before. Without a plain
 * listener there is nothing to lose.
 */
const mayAskForTls = ({ hstsPorts }: SecurityHeadersSettings, { publicHttpsPort, hasPlainListener }: PublicPorts) =>
  hstsPorts === 'any' || publicHttpsPort === 443 || !hasPlainListener

export const securityHeaderFields = (
  settings: SecurityHeadersSettings,
  ports: PublicPorts,
): SecurityHeadersOptions => ({
  always: present({
    'x-content-type-options': settings.contentTypeOptions === 'none' ? undefined : settings.contentTypeOptions,
    'referrer-policy': settings.referrerPolicy,
    'cross-origin-opener-policy': settings.crossOriginOpenerPolicy,
    'x-frame-options': settings.frameOptions === 'none' ? undefined : settings.frameOptions,
    'content-security-policy': settings.contentSecurityPolicy,
    'permissions-policy': settings.permissionsPolicy,
  }),
  overTls:
    settings.hstsMaxAgeSeconds > 0 && mayAskForTls(settings, ports)
      ? { 'strict-transport-security': strictTransportSecurity(settings) }
      : {},
  overwrite: settings.overwrite,
  removed: settings.removedFields,
})
