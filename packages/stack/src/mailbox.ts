/** Reads the mails that the worker wrote (RFC 5322 messages in `.eml` files). */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mail } from './stack.ts'

/** Oldest first. A folder that does not exist holds no mail. */
export const readMailbox = async (folder: string): Promise<Mail[]> => {
  const names = await readdir(folder).catch(() => [])
  const files = names.filter((name) => name.endsWith('.eml')).map((name) => join(folder, name))
  const dated = await Promise.all(files.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })))
  return Promise.all(
    dated.toSorted((a, b) => a.at - b.at || a.file.localeCompare(b.file)).map(({ file }) => parse(file)),
  )
}

const parse = async (file: string): Promise<Mail> => {
  // Loaded late: the launcher itself never reads mail.
  const { default: PostalMime } = await import('postal-mime')
  const mail = await PostalMime.parse(await readFile(file))
  return {
    file,
    from: mail.from?.address ?? '',
    to: (mail.to ?? []).map(({ address }) => address ?? ''),
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html,
    headers: Object.fromEntries(mail.headers.map(({ key, value }) => [key, value])),
  }
}
