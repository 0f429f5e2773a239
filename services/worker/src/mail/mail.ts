/** A mail as the handlers make it and the deliveries take it. */

export interface Mail {
  /** Names the mail, the same on every delivery of the same one; safe as a file name. */
  readonly key: string
  /** RFC 5322 §3.6.4, without angle brackets. */
  readonly messageId: string
  readonly date: Date
  readonly to: { readonly name: string; readonly address: string }
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Hands a mail over. Delivering the same mail twice must do no harm that can be avoided. */
export interface Delivery {
  /**
   * Where the mail went, for the log.
   *
   * @throws RoundtripError `MAIL_UNDELIVERED` when another attempt can help, `MAIL_REFUSED` when none can.
   */
  deliver(mail: Mail): Promise<Readonly<Record<string, unknown>>>
  /** Why nothing could be delivered at the moment; `ok` otherwise. */
  check(): Promise<string>
  close(): void
}
