/** The job `account-mail`: tells somebody something about their account. */
import { accountMailSchema } from '@roundtrip/contracts'
import { jobKind, type JobKind } from '../job-kind.ts'
import { accountMailHtml, accountMailSubject, accountMailText } from '../mail/account-mail.ts'
import { requireMailbox } from '../mail/address.ts'
import type { Delivery } from '../mail/mail.ts'
import type { Sender } from '../mail/sender.ts'

export interface AccountMailOptions {
  readonly sender: Sender
  readonly delivery: Delivery
}

export const accountMail = ({ sender, delivery }: AccountMailOptions): JobKind =>
  jobKind(accountMailSchema, async (mail, job) => {
    requireMailbox(mail.to)
    // The job's id is the outbox row's: a redelivery is the same mail. Anything odd in it must not get into a file's name.
    const key = `account-mail-${job.id.replaceAll(/[^\w-]/g, '_')}`
    return delivery.deliver({
      key,
      messageId: `${key}@${sender.domain}`,
      date: job.enqueuedAt,
      to: { name: '', address: mail.to },
      subject: accountMailSubject(mail),
      text: accountMailText(mail),
      html: accountMailHtml(mail),
    })
  })
