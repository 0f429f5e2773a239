/** Turns a mail into what nodemailer takes. */
import type { SendMailOptions } from 'nodemailer'
import type { Mail } from './mail.ts'
import type { Sender } from './sender.ts'

/** A display name is one line; nodemailer encodes the rest of what a header cannot carry (RFC 2047). */
const displayName = (name: string): string => name.replaceAll(/\p{Cc}+/gu, ' ').trim()

export const toMessage = (mail: Mail, sender: Sender): SendMailOptions => ({
  from: { name: sender.name, address: sender.address },
  to: { name: displayName(mail.to.name), address: mail.to.address },
  // Given explicitly, so that nothing in a header can add a recipient.
  envelope: { from: sender.address, to: [mail.to.address] },
  messageId: `<${mail.messageId}>`,
  date: mail.date,
  subject: mail.subject,
  text: mail.text,
  html: mail.html,
  // Nobody should get "out of office" from a machine, nor send it one (RFC 3834 §5).
  headers: { 'Auto-Submitted': 'auto-generated' },
  disableFileAccess: true,
  disableUrlAccess: true,
})
