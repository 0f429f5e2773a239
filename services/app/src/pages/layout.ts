/** The frame of every page. */
import { html, type Html, type Insertable } from './html.ts'

export interface PageParts {
  readonly title: string
  /** Absolute; where this page lives, whatever name it was asked for by. */
  readonly canonical?: string
  readonly body: Insertable
}

/** A whole document, as text. */
export const page = ({ title, canonical, body }: PageParts): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title} – Roundtrip</title>
        ${canonical === undefined ? undefined : html`<link rel="canonical" href="${canonical}" />`}
        <link rel="stylesheet" href="/assets/site.css" />
        <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml" />
      </head>
      <body>
        <header>
          <a href="/">Roundtrip</a>
          <nav><a href="/about.html">How it works</a> <a href="/cart">Cart</a> <a href="/account">Account</a></nav>
        </header>
        <main>${body}</main>
        <footer>Roundtrip: the whole way of a web request, in the open. Every order here is an example.</footer>
      </body>
    </html> `.text.replaceAll(/\n\s+/g, '\n')

const dateAndTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** @param at ISO 8601; shown in UTC, as the server knows no better zone */
export const moment = (at: string): Html => html`<time datetime="${at}">${dateAndTime.format(new Date(at))} UTC</time>`

export const price = (cents: number): Html =>
  html`<data value="${(cents / 100).toFixed(2)}">€ ${(cents / 100).toFixed(2)}</data>`
