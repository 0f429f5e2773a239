/** For tests only: keeps cookies as a browser does, and says which site a request comes from. */

export interface Ask {
  readonly method?: string
  readonly json?: unknown
  readonly form?: Record<string, string>
  /** An empty one is left out, even if a browser of today sends it. */
  readonly headers?: Record<string, string>
}

const withoutEmpty = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))

export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  async ask(path: string, { method, json, form, headers = {} }: Ask = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const text = json === undefined ? undefined : JSON.stringify(json)
    const body = form === undefined ? text : new URLSearchParams(form).toString()
    const response = await fetch(this.#origin + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      redirect: 'manual',
      ...(body !== undefined && { body }),
      headers: withoutEmpty({
        ...(cookie !== '' && { cookie }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        'sec-fetch-site': 'same-origin',
        ...headers,
      }),
    })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (/;\s*Max-Age=0/i.test(line)) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
