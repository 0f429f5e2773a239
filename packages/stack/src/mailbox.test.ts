import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readMailbox } from './mailbox.ts'

test('a folder that does not exist holds no mail', async () => {
  expect(await readMailbox('/nowhere')).toEqual([])
})

test('mails come parsed, oldest first', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-mail-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const write = (name: string, subject: string, at: number): void => {
    const mail = `From: Shop <shop@roundtrip.test>\r\nTo: alice@example.com\r\nSubject: ${subject}\r\n\r\nThank you.\r\n`
    writeFileSync(join(folder, name), mail)
    utimesSync(join(folder, name), at, at)
  }
  write('b.eml', 'first', 1)
  write('a.eml', '=?utf-8?q?zw=C3=B6lf?=', 2)
  writeFileSync(join(folder, 'c.eml.tmp'), 'half')
  expect(await readMailbox(folder)).toMatchObject([
    { subject: 'first', from: 'shop@roundtrip.test', to: ['alice@example.com'], text: 'Thank you.\n' },
    { subject: 'zwölf', file: join(folder, 'a.eml') },
  ])
})
