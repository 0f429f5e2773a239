/** The mail that tells a customer what was ordered, as text and as HTML. */
import type { OrderConfirmation } from '@roundtrip/contracts'
import { html } from './html.ts'

const formatMoney = (cents: number, currency: string): string =>
  new Intl.NumberFormat('en-IE', { style: 'currency', currency }).format(cents / 100)

/** Control characters could forge lines of the plain text; what is shown is a single line. */
const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').trim()

interface Line {
  readonly quantity: number
  readonly name: string
  readonly price: string
}

const linesOf = ({ lines, currency }: OrderConfirmation): Line[] =>
  lines.map(({ quantity, name, unitPriceCents }) => ({
    quantity,
    name: oneLine(name),
    price: formatMoney(quantity * unitPriceCents, currency),
  }))

export const orderSubject = ({ orderId }: OrderConfirmation): string => `Your order ${orderId}`

export const orderText = (order: OrderConfirmation): string => `Hello ${oneLine(order.name)},

thank you for your order ${order.orderId}.

${linesOf(order)
  .map(({ quantity, name, price }) => `${quantity} × ${name}: ${price}`)
  .join('\n')}

Total: ${formatMoney(order.totalCents, order.currency)}
`

export const orderHtml = (order: OrderConfirmation): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${orderSubject(order)}</title>
      </head>
      <body>
        <p>Hello ${oneLine(order.name)},</p>
        <p>thank you for your order <strong>${order.orderId}</strong>.</p>
        <table>
          <tr>
            <th>Quantity</th>
            <th>Product</th>
            <th>Price</th>
          </tr>
          ${linesOf(order).map(
            ({ quantity, name, price }) =>
              html`<tr>
                <td>${quantity}</td>
                <td>${name}</td>
                <td>${price}</td>
              </tr>`,
          )}
          <tr>
            <td></td>
            <td>Total</td>
            <td>${formatMoney(order.totalCents, order.currency)}</td>
          </tr>
        </table>
      </body>
    </html> `.markup
