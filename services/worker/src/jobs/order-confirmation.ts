/** The job `order-confirmation`: renders the mail to the customer and delivers it. */
import { orderConfirmationSchema } from '@roundtrip/contracts'
import { jobKind, type JobKind } from '../job-kind.ts'
import { requireMailbox } from '../mail/address.ts'
import type { Delivery } from '../mail/mail.ts'
import { orderHtml, orderSubject, orderText } from '../mail/order-confirmation.ts'
import type { Sender } from '../mail/sender.ts'

export interface OrderConfirmationOptions {
  readonly sender: Sender
  readonly delivery: Delivery
}

export const orderConfirmation = ({ sender, delivery }: OrderConfirmationOptions): JobKind =>
  jobKind(orderConfirmationSchema, async (order, job) => {
    requireMailbox(order.to)
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
