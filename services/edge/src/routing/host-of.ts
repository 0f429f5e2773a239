/** The host that an authority names (RFC 9110 §4.2.3). */
import { remembered } from '@roundtrip/http'

/** Clients spell few hosts, in few ways. */
const mostRemembered = 1024

/** `WWW.roundtrip.test.:8443` is the host `www.roundtrip.test`. */
export const hostOf: (authority: string) => string = remembered(
  (authority) => authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, ''),
  mostRemembered,
)
