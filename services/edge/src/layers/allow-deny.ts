/** Who may come at all, by address: 403 for those on the deny list and, where there is an allow list, for those not on it. */
import { setting } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import type { HttpLayer } from '@roundtrip/http'
import { Type, type Static } from 'typebox'
import { AddressSet } from '../addresses/address-set.ts'

export const allowDenySettings = Type.Object(
  {
    allow: setting.list({
      description: 'addresses and CIDR blocks that may come; everybody when empty',
      default: [],
    }),
    deny: setting.list({ description: 'addresses and CIDR blocks that may not, even when allowed', default: [] }),
  },
  { additionalProperties: false },
)

export type AllowDenySettings = Readonly<Static<typeof allowDenySettings>>

/**
 * Deny wins over allow, however specific either is: what was blocked in a hurry stays blocked.
 *
 * @throws RoundtripError `SETTINGS_INVALID`
 */
export const allowDeny = ({ allow, deny }: AllowDenySettings): HttpLayer => {
  const allowed = new AddressSet(allow, 'allow')
  const denied = new AddressSet(deny, 'deny')
  const mayCome = (client: string): boolean => !denied.has(client) && (allowed.isEmpty || allowed.has(client))
  return (next) => {
    if (allowed.isEmpty && denied.isEmpty) return next
    return (request, context) =>
      mayCome(context.client) ? next(request, context) : Promise.reject(new RoundtripError('FORBIDDEN'))
  }
}
