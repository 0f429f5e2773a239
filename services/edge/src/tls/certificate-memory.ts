/** What certificate files last held while they could be used: for workers that start when they cannot. */
import type { Log } from '@roundtrip/http'
import { loadAuthorities, loadCertificate, type Certificate, type CertificateFiles } from './certificate.ts'
import { filesOf, loadPresented, sourcesOf, type CertificateSources } from './presented-certificates.ts'
import type { Presented } from './terminator.ts'
import type { TlsSettings } from './tls-settings.ts'
import { watchFiles } from './watch-files.ts'

export interface CertificateMemoryOptions {
  readonly first: CertificateFiles
  readonly tls: TlsSettings
  readonly log: Log
}

const keyOf = ({ certificateFile, keyFile }: CertificateFiles): string => JSON.stringify([certificateFile, keyFile])

/** Kept by the parent: all workers may have ended, and none of them may have read what a reload has brought. */
export class CertificateMemory {
  readonly #first: CertificateFiles
  readonly #log: Log
  readonly #pairs = new Map<string, Certificate>()
  readonly #authorities = new Map<string, string>()
  #stopWatching: () => void = () => undefined

  /** @throws UnusableFile when there is one to begin with */
  constructor({ first, tls, log }: CertificateMemoryOptions) {
    this.#first = first
    this.#log = log
    this.read(sourcesOf(first, tls))
    this.follow(tls)
  }

  /** Remembers what other settings name from now on, and forgets the rest. */
  follow(tls: TlsSettings): void {
    const sources = sourcesOf(this.#first, tls)
    this.#stopWatching()
    this.#stopWatching = watchFiles({ files: filesOf(sources), onChange: () => this.#remember(sources) })
    this.#remember(sources)
    const pairs = new Set([sources.first, ...sources.others].map(keyOf))
    for (const key of this.#pairs.keys()) if (!pairs.has(key)) this.#pairs.delete(key)
    for (const file of this.#authorities.keys()) if (file !== sources.clientCaFile) this.#authorities.delete(file)
  }

  /** As the files say; for one that cannot be used, as it last did. @throws UnusableFile when it never did */
  read(sources: CertificateSources): Presented {
    return loadPresented(sources, {
      certificate: (files, names) => this.#orRecall(this.#pairs, keyOf(files), () => loadCertificate(files, names)),
      authorities: (setting, file) => this.#orRecall(this.#authorities, file, () => loadAuthorities(setting, file)),
    })
  }

  stop(): void {
    this.#stopWatching()
  }

  #remember(sources: CertificateSources): void {
    try {
      this.read(sources)
    } catch (error) {
      this.#log.error({ error }, 'a certificate cannot be remembered: its files cannot be used')
    }
  }

  #orRecall<T>(known: Map<string, T>, key: string, load: () => T): T {
    try {
      const loaded = load()
      known.set(key, loaded)
      return loaded
    } catch (error) {
      const before = known.get(key)
      if (before === undefined) throw error
      return before
    }
  }
}
