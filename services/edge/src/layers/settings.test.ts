/** The settings of the layers: explained, and usable as they are. */
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { allowDenySettings } from './allow-deny.ts'
import { clientAddressSettings } from './client-address.ts'
import { bodyEncoderSettings, compressSettings } from './compress-settings.ts'
import { httpsRedirectSettings } from './https-redirect.ts'
import { loadShedSettings } from './load-shed.ts'
import { loadShedderSettings } from './load-shedder.ts'
import { rateLimiterSettings, rateLimitPolicySettings, rateLimitSettings } from './rate-limit-settings.ts'
import { securityHeadersSettings } from './security-headers-settings.ts'
import { slowRequestsSettings } from './slow-requests.ts'
import { validateSettings } from './validate-settings.ts'

interface ObjectSchema extends TSchema {
  readonly properties: Readonly<Record<string, { readonly description?: string; readonly default?: unknown }>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
}

const schemas = {
  allowDeny: allowDenySettings,
  bodyEncoder: bodyEncoderSettings,
  clientAddress: clientAddressSettings,
  compress: compressSettings,
  httpsRedirect: httpsRedirectSettings,
  loadShed: loadShedSettings,
  loadShedder: loadShedderSettings,
  rateLimit: rateLimitSettings,
  rateLimitPolicy: rateLimitPolicySettings,
  rateLimiter: rateLimiterSettings,
  securityHeaders: securityHeadersSettings,
  slowRequests: slowRequestsSettings,
  validate: validateSettings,
} as unknown as Record<string, ObjectSchema>

describe.each(Object.entries(schemas))('the settings of %s', (_name, schema) => {
  it('need nothing, and allow nothing else', () => {
    expect([...Value.Errors(schema, Value.Default(schema, {}))]).toEqual([])
    expect(schema.additionalProperties).toBe(false)
  })

  it.each(Object.entries(schema.properties))(
    '%s is explained, and has a default unless it may be absent',
    (name, property) => {
      expect(property.description).toMatch(/\w/)
      expect(property.default !== undefined).toBe(schema.required?.includes(name) ?? false)
    },
  )
})
