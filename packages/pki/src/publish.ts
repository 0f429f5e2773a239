/** Copies what the edge needs to where only the edge looks: the authority's own key stays behind. */
import { chmodSync, copyFileSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { PkiFiles } from './pki-folder.ts'

/** Each file is whole or not there at all; those with a key are readable by their owner only. */
export const publish = ({ caFile, certificateFile, clientCertificateFile }: PkiFiles, folder: string): void => {
  const copies = [
    [caFile, 0o444],
    [certificateFile, 0o400],
    [clientCertificateFile, 0o400],
  ] as const
  for (const [from, mode] of copies) {
    const to = join(folder, basename(from))
    copyFileSync(from, `${to}.new`)
    chmodSync(`${to}.new`, mode)
    renameSync(`${to}.new`, to)
  }
}
