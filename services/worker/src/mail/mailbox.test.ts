import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import PostalMime from 'postal-mime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Mail } from './mail.ts'
import { openMailbox } from './mailbox.ts'
import { parseSender } from './sender.ts'

const sender = parseSender('Shop <orders@roundtrip.test>')
const mail: Mail = {
  key: 'order-confirmation-1',
  messageId: 'order-confirmation-1@roundtrip.test',
  date: new Date('2026-11-21T10:00:00Z'),
  to: { name: 'Zoë Müller', address: 'zoe@example.com' },
  subject: 'Your order',
  text: 'Grüße',
  html: '<p>Grüße</p>',
}
const read = async (folder: string, file: string) => PostalMime.parse(await readFile(join(folder, file)))

describe('the mailbox', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailbox-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('holds a whole mail, text and HTML', async () => {
    const delivery = await openMailbox(folder, sender)
    expect(await delivery.deliver(mail)).toEqual({ mailbox: 'order-confirmation-1.eml' })
    expect(await readdir(folder)).toEqual(['order-confirmation-1.eml'])
    expect(await read(folder, 'order-confirmation-1.eml')).toMatchObject({
      from: { name: 'Shop', address: 'orders@roundtrip.test' },
      to: [{ name: 'Zoë Müller', address: 'zoe@example.com' }],
      subject: 'Your order',
      messageId: '<order-confirmation-1@roundtrip.test>',
      date: '2026-11-21T10:00:00.000Z',
      // The parser ends each part with a line break.
      text: 'Grüße\n',
      html: '<p>Grüße</p>\n',
    })
  })

  it('has the same mail once, however often it is delivered', async () => {
    const delivery = await openMailbox(folder, sender)
    await Promise.all([delivery.deliver(mail), delivery.deliver(mail), delivery.deliver(mail)])
    expect(await readdir(folder)).toEqual(['order-confirmation-1.eml'])
  })

  it('lets no name add a header or a recipient', async () => {
    const delivery = await openMailbox(folder, sender)
    const name = 'Eve\r\nBcc: victim@example.com\r\n\r\nbody" <other@example.com>,'
    await delivery.deliver({ ...mail, to: { name, address: mail.to.address }, subject: 'a\r\nX-Evil: 1' })
    const { headers, to, bcc, text } = await read(folder, 'order-confirmation-1.eml')
    expect(headers.map(({ key }) => key)).not.toContain('x-evil')
    expect(bcc).toBeUndefined()
    expect(to).toHaveLength(1)
    expect(to?.[0]?.address).toBe(mail.to.address)
    expect(text?.trim()).toBe(mail.text)
  })

  it('leaves nothing half-written behind when it fails, and another attempt can help', async () => {
    const delivery = await openMailbox(folder, sender)
    // A folder in the place of the file: the rename fails after the content has been written.
    await rm(folder, { recursive: true })
    const inTheWay = join(folder, 'order-confirmation-1.eml', 'x')
    await openMailbox(inTheWay, sender)
    await expect(delivery.deliver(mail)).rejects.toMatchObject({ code: 'MAIL_UNDELIVERED', retryable: true })
    expect(await readdir(folder)).toEqual(['order-confirmation-1.eml'])
  })

  it('says which setting is wrong when the folder cannot be used', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    await expect(openMailbox(join(file, 'mailbox'), sender)).rejects.toThrow(
      /^WORKER_MAILBOX_FOLDER=".*" cannot be used/,
    )
  })

  it('says so when it can no longer be written to', async () => {
    const delivery = await openMailbox(folder, sender)
    expect(await delivery.check()).toBe('ok')
    await rm(folder, { recursive: true })
    expect(await delivery.check()).toMatch(/^mailbox folder: ENOENT/)
  })
})
