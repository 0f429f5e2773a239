/** Puts the worker together: mail delivery, pipeline, queue. */
import { accountMailJobName, mailQueueName, orderConfirmationJobName } from '@roundtrip/contracts'
import type { Component, Logger, Surroundings } from '@roundtrip/service'
import type { WorkerSettings } from './config.ts'
import { consume } from './consumer.ts'
import { accountMail } from './jobs/account-mail.ts'
import { orderConfirmation } from './jobs/order-confirmation.ts'
import type { Delivery } from './mail/mail.ts'
import { openMailbox } from './mail/mailbox.ts'
import { parseSender, type Sender } from './mail/sender.ts'
import { createSmtpDelivery } from './mail/smtp.ts'
import { createPipeline } from './pipeline.ts'
import { connectQueue } from './queue-connection.ts'

/** BullMQ's own default, which producers use as well. */
const defaultPrefix = 'bull'

/**
 * @param prefix of the queue's keys; another one keeps tests apart that share a Redis
 * @throws RoundtripError `SETTINGS_INVALID` for a sender or a mailbox folder that cannot be used. A Redis that is down
 * is no reason to throw: it is waited for, and `health` says so.
 */
export const startWorker = async (
  { settings, log, instance }: Surroundings<WorkerSettings>,
  prefix = defaultPrefix,
): Promise<Component> => {
  const sender = parseSender(settings.mailFrom)
  const delivery = await openDelivery(settings, sender, log)
  const connection = connectQueue({ url: settings.queueUrl, password: settings.redisPassword, log })
  const handler = createPipeline({
    kinds: new Map([
      [orderConfirmationJobName, orderConfirmation({ sender, delivery })],
      [accountMailJobName, accountMail({ sender, delivery })],
    ]),
    jobTimeoutMs: settings.jobTimeoutMs,
  })
  const consumer = consume({
    queueName: mailQueueName,
    prefix,
    connection,
    handler,
    concurrency: settings.concurrency,
    lockDurationMs: settings.lockDurationMs,
    instance,
    log,
  })
  return {
    listeners: {},
    async health() {
      const [queue, mail] = await Promise.all([connection.check(), delivery.check()])
      return { ready: queue === 'ok' && mail === 'ok', checks: { queue, mail, active: String(consumer.active()) } }
    },
    drain: () => consumer.drain(),
    async close() {
      await consumer.close()
      connection.close()
      delivery.close()
    },
  }
}

const openDelivery = async (settings: WorkerSettings, sender: Sender, log: Logger): Promise<Delivery> => {
  const { smtpUrl, smtpPassword, mailboxFolder } = settings
  if (smtpUrl === undefined) {
    log.info({ mailboxFolder }, 'mails go to the mailbox folder')
    return openMailbox(mailboxFolder, sender)
  }
  log.info({ host: new URL(smtpUrl).host }, 'mails go to the mail server')
  return createSmtpDelivery({ url: smtpUrl, password: smtpPassword, sender })
}
