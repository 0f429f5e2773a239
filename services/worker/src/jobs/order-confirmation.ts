/** The job `order-confirmation`: renders the mail to the customer and delivers it. */
import { emailPattern, orderConfirmationSchema } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { jobKind, type JobKind } from '../job-kind.ts'
import type { Delivery } from '../mail/mail.ts'
import { orderHtml, orderSubject, orderText } from '../mail/order-confirmation.ts'
import type { Sender } from '../mail/sender.ts'

export interface OrderConfirmationOptions {
  readonly sender: Sender
  readonly delivery: Delivery
}

/** One mailbox, nothing around it: no second recipient, no line break that would begin another header. */
const isMailbox = (text: string): boolean => new RegExp(emailPattern).test(text)

export const orderConfirmation = ({ sender, delivery }: OrderConfirmationOptions): JobKind =>
  jobKind(orderConfirmationSchema, async (order, job) => {
    if (!isMailbox(order.to)) {
      throw new RoundtripError('JOB_INVALID', undefined, { details: { errors: ['/to must be one mailbox'] } })
    }
    // Everything is made of the job alone: a redelivery is the same mail, which mailboxes and receivers can tell.
    const key = `order-confirmation-${order.orderId}`
    return delivery.deliver({
      key,
      messageId: `${key}@${sender.domain}`,
      date: job.enqueuedAt,
      to: { name: order.name, address: order.to },
      subject: orderSubject(order),
      text: orderText(order),
      html: orderHtml(order),
    })
  })
