/** Whom a mail goes to, checked once more before it is in a header. */
import { emailPattern } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'

const mailbox = new RegExp(emailPattern)

/** One mailbox, nothing around it: no second recipient, no line break that would begin another header. @throws RoundtripError `JOB_INVALID` */
export const requireMailbox = (text: string): void => {
  if (mailbox.test(text)) return
  throw new RoundtripError('JOB_INVALID', undefined, { details: { errors: ['/to must be one mailbox'] } })
}
