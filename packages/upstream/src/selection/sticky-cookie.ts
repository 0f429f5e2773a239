/** Keeps a client with a member by a cookie whose value tells nobody which (RFC 6265). */
import { createHmac } from 'node:crypto'
import type { HttpRequest } from '@roundtrip/http'
import type { Member } from '../member.ts'
import type { StickySettings } from '../settings/balance-settings.ts'
import { cookieValue } from './cookie-value.ts'

const idLength = 16

export class StickyCookie {
  readonly #settings: StickySettings
  readonly #key: string
  readonly #idOf = new Map<Member, string>()
  readonly #memberOf = new Map<string, Member>()

  /** @param pool its name; without a secret ids hide addresses, but whoever knows those can compute them */
  constructor(settings: StickySettings, pool: string) {
    this.#settings = settings
    this.#key = settings.secret ?? pool
  }

  use(members: readonly Member[]): void {
    this.#idOf.clear()
    this.#memberOf.clear()
    for (const member of members) {
      const id = createHmac('sha256', this.#key).update(member.origin).digest('base64url').slice(0, idLength)
      this.#idOf.set(member, id)
      this.#memberOf.set(id, member)
    }
  }

  /** Whom the request's cookie names, whatever that member's state; undefined for an id nobody has. */
  memberOf({ fields }: Pick<HttpRequest, 'fields'>): Member | undefined {
    const id = cookieValue(fields, this.#settings.cookie)
    return id === undefined ? undefined : this.#memberOf.get(id)
  }

  /** The `Set-Cookie` value that keeps the client with the member. */
  setCookie(member: Member): string {
    const { cookie, maxAgeMs } = this.#settings
    const life = maxAgeMs === undefined ? '' : `; Max-Age=${Math.ceil(maxAgeMs / 1000)}`
    return `${cookie}=${this.#idOf.get(member) ?? ''}; Path=/${life}; Secure; HttpOnly; SameSite=Lax`
  }
}
