import { expect, it } from 'vitest'
import { order } from '../testing/order.ts'
import { orderHtml, orderText } from './order-confirmation.ts'

it('lists every line and the total', () => {
  const text = orderText(order)
  expect(text).toContain('2 × Walnut <Desk>: €399.00\n1 × Lamp: €12.34\n')
  expect(text).toContain('Total: €411.34')
  expect(text).toContain(order.orderId)
})

it('escapes names in HTML', () => {
  const markup = orderHtml({ ...order, name: '<script>alert(1)</script>' })
  expect(markup).toContain('Walnut &lt;Desk&gt;')
  expect(markup).toContain('Hello &lt;script&gt;')
  expect(markup).not.toContain('<script>')
})

it('keeps names to one line of the text', () => {
  expect(orderText({ ...order, name: 'Eve\r\n\r\nTotal: €0.00' })).toContain('Hello Eve Total: €0.00,\n')
})
