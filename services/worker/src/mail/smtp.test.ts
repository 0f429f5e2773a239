import PostalMime from 'postal-mime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSmtpServer, type SmtpServer } from '../testing/smtp-server.ts'
import type { Mail } from './mail.ts'
import { parseSender } from './sender.ts'
import { createSmtpDelivery } from './smtp.ts'

const mail: Mail = {
  key: 'order-confirmation-1',
  messageId: 'order-confirmation-1@roundtrip.test',
  date: new Date('2026-11-21T10:00:00Z'),
  to: { name: 'Eve\r\nRCPT TO:<victim@example.com>', address: 'eve@example.com' },
  subject: 'Your order',
  text: 'Hello\n.\nRCPT TO:<victim@example.com>\n',
  html: '<p>Hello</p>\n',
}
const deliver = (url: string) =>
  createSmtpDelivery({ url, password: undefined, sender: parseSender('Shop <orders@roundtrip.test>') }).deliver(mail)

describe('delivery by SMTP', () => {
  let server: SmtpServer
  beforeEach(async () => {
    server = await startSmtpServer()
  })
  afterEach(() => server.close())

  it('hands over the mail, to its one recipient', async () => {
    expect(await deliver(server.url)).toEqual({ smtp: '250 taken' })
    const [received] = server.received
    expect(received?.envelope).toEqual(['MAIL FROM:<orders@roundtrip.test>', 'RCPT TO:<eve@example.com>'])
    const { messageId, to } = await PostalMime.parse(received?.message ?? '')
    expect(messageId).toBe('<order-confirmation-1@roundtrip.test>')
    expect(to?.map(({ address }) => address)).toEqual(['eve@example.com'])
    expect(server.received).toHaveLength(1)
  })

  it.each([
    ['a mailbox that is full for now', 'RCPT', '452 mailbox full', 452],
    ['a server that is busy', 'MAIL', '421 try later', 421],
    ['a message that is put off', '.', '451 greylisted', 451],
    ['a greeting it does not like, which is not about this mail', 'EHLO', '554 no', 554],
  ])('tries again after %s', async (_, command, reply, responseCode) => {
    server.replies = command === 'EHLO' ? { EHLO: reply, HELO: reply } : { [command]: reply }
    await expect(deliver(server.url)).rejects.toMatchObject({
      code: 'MAIL_UNDELIVERED',
      retryable: true,
      details: { responseCode },
    })
  })

  it.each([
    ['an unknown recipient', 'RCPT', '550 no such user'],
    ['a sender it does not want', 'MAIL', '553 not you'],
    ['a message it does not want', '.', '554 spam'],
  ])('gives up after %s', async (_, command, reply) => {
    server.replies = { [command]: reply }
    await expect(deliver(server.url)).rejects.toMatchObject({ code: 'MAIL_REFUSED', retryable: false })
  })

  it('tries again when nobody listens', async () => {
    const { url } = server
    await server.close()
    await expect(deliver(url)).rejects.toMatchObject({ code: 'MAIL_UNDELIVERED', retryable: true })
    server = await startSmtpServer()
  })
})
