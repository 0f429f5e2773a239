/** The sender of every mail, from its setting. */
import { RoundtripError } from '@roundtrip/errors'
import addressparser from 'nodemailer/lib/addressparser'

export interface Sender {
  readonly name: string
  readonly address: string
  /** Right part of the address, for message ids. */
  readonly domain: string
}

/** @throws RoundtripError `SETTINGS_INVALID` unless it is one mailbox such as `Shop <orders@example.com>`. */
export const parseSender = (mailFrom: string): Sender => {
  const [mailbox, ...others] = addressparser(mailFrom, { flatten: true })
  const domain = /^[^\s@]+@([^\s@]+)$/.exec(mailbox?.address ?? '')?.[1]
  if (mailbox === undefined || domain === undefined || others.length > 0) {
    throw new RoundtripError(
      'SETTINGS_INVALID',
      `WORKER_MAIL_FROM=${JSON.stringify(mailFrom)} is not valid: expected one mailbox such as Shop <orders@example.com>.`,
    )
  }
  return { name: mailbox.name, address: mailbox.address, domain }
}
