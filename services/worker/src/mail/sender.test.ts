import { RoundtripError } from '@roundtrip/errors'
import { expect, it } from 'vitest'
import { parseSender } from './sender.ts'

it('takes one mailbox, with or without a name', () => {
  expect(parseSender('Shop <orders@example.com>')).toEqual({
    name: 'Shop',
    address: 'orders@example.com',
    domain: 'example.com',
  })
  expect(parseSender('orders@example.com')).toMatchObject({ name: '', domain: 'example.com' })
})

it.each(['Shop', 'a@example.com, b@example.com', 'Shop <orders>', 'orders@'])(
  'refuses %s by its setting',
  (mailFrom) => {
    expect(() => parseSender(mailFrom)).toThrow(RoundtripError)
    expect(() => parseSender(mailFrom)).toThrow(/^WORKER_MAIL_FROM=/)
  },
)
