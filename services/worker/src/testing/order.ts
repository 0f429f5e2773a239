/** An order as the application hands it over, for tests. */
import type { OrderConfirmation } from '@roundtrip/contracts'

export const order: OrderConfirmation = {
  orderId: '3f0a5c1e-58d4-4b1c-9a53-0a6f0d1f2b3c',
  to: 'alice@example.com',
  name: 'Alice',
  lines: [
    { productId: 7, name: 'Walnut <Desk>', quantity: 2, unitPriceCents: 19_950 },
    { productId: 9, name: 'Lamp', quantity: 1, unitPriceCents: 1234 },
  ],
  totalCents: 41_134,
  currency: 'EUR',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
}
