/** Delivers to a mail server (RFC 5321). */
import { RoundtripError } from '@roundtrip/errors'
import { createTransport } from 'nodemailer'
import type { Delivery } from './mail.ts'
import { toMessage } from './message.ts'
import type { Sender } from './sender.ts'

export interface SmtpOptions {
  /** `smtp:` or `smtps:`, with the user where the server wants one. */
  readonly url: string
  readonly password: string | undefined
  readonly sender: Sender
  /** For connecting, for the greeting, and for each pause in between. */
  readonly timeoutMs?: number
}

/** What nodemailer adds to an error of the dialogue. */
interface SmtpError extends Error {
  readonly code?: string
  readonly responseCode?: number
}

/**
 * 5yz is permanent (RFC 5321 §4.2.1), but only where it is about this mail: one that refuses our password or our
 * greeting is for an operator to mend, and the mail can still go out.
 */
const isRefusalOfTheMail = ({ code, responseCode = 0 }: SmtpError): boolean =>
  responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')

export const createSmtpDelivery = ({ url, password, sender, timeoutMs = 5000 }: SmtpOptions): Delivery => {
  const { protocol, hostname, port, username } = new URL(url)
  const transport = createTransport({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    secure: protocol === 'smtps:',
    ...(port !== '' && { port: Number(port) }),
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  })
  return {
    async deliver(mail) {
      try {
        const { response } = await transport.sendMail(toMessage(mail, sender))
        return { smtp: response }
      } catch (cause) {
        const { responseCode } = cause as SmtpError
        const code = isRefusalOfTheMail(cause as SmtpError) ? 'MAIL_REFUSED' : 'MAIL_UNDELIVERED'
        throw new RoundtripError(code, undefined, { cause, details: { responseCode } })
      }
    },
    // Asking the server on each probe would make its outages ours; jobs simply wait for their next attempt.
    check: () => Promise.resolve('ok'),
    close: () => transport.close(),
  }
}
