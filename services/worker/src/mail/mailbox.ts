/** Delivers into a folder, one `.eml` file (RFC 5322) for each mail. */
import { randomUUID } from 'node:crypto'
import { access, constants, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { createTransport } from 'nodemailer'
import type { Delivery, Mail } from './mail.ts'
import { toMessage } from './message.ts'
import type { Sender } from './sender.ts'

/**
 * A file has its final name only once it is whole and on disk; the same mail again replaces the file.
 *
 * @throws RoundtripError `SETTINGS_INVALID` when the folder can neither be used nor made.
 */
export const openMailbox = async (folder: string, sender: Sender): Promise<Delivery> => {
  await prepare(folder)
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  return {
    async deliver(mail) {
      const file = `${mail.key}.eml`
      const { message } = await composer.sendMail(toMessage(mail, sender))
      await writeAtomically(folder, file, message as Buffer)
      return { mailbox: file }
    },
    check: () =>
      access(folder, constants.W_OK).then(
        () => 'ok',
        (error: unknown) => `mailbox folder: ${(error as Error).message}`,
      ),
    close: () => composer.close(),
  }
}

const prepare = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (cause) {
    throw new RoundtripError(
      'SETTINGS_INVALID',
      `WORKER_MAILBOX_FOLDER=${JSON.stringify(folder)} cannot be used (${(cause as Error).message}): expected a folder this user may write to.`,
      { cause },
    )
  }
}

const writeAtomically = async (folder: string, file: string, content: Mail['text'] | Buffer): Promise<void> => {
  const temporary = join(folder, `.${file}.${randomUUID()}.tmp`)
  try {
    const handle = await open(temporary, 'wx')
    try {
      await handle.writeFile(content)
      // Or a power cut after the rename could leave an empty file under the final name.
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await rename(temporary, join(folder, file))
  } catch (cause) {
    await rm(temporary, { force: true })
    throw new RoundtripError('MAIL_UNDELIVERED', 'The mail could not be written to the mailbox folder.', { cause })
  }
}
