/** A supervisor without a terminal: reports to whoever started it until it is ready, then only writes its log. */
import type { Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import type { Level } from '../logs/log-record.ts'
import { eventTold } from '../stack/event-lines.ts'
import { listenForInterrupts } from '../stack/interrupts.ts'
import { failureMessage, type SupervisorMessage } from '../stack/messages.ts'
import { supervise } from '../stack/supervise.ts'
import { stackSettings } from '../stack-settings.ts'

/** The one who started it, as `process` is to a child with an IPC channel. */
export interface Starter {
  /** Resolves when the message is on its way, at once when nobody listens any more. */
  send(message: SupervisorMessage): Promise<void>
  /** Called when the starter goes away before it has been told that the stack is ready. */
  onGone(listener: () => void): void
}

/** @param include instances or tiers to run; all when empty @returns the exit status of the supervisor */
export const runSupervisor = async (include: readonly string[], io: Io, starter: Starter): Promise<number> => {
  const log = (level: Level, message: string, facts: object = {}): void => {
    const line = { level, time: new Date().toISOString(), service: 'stack', instance: 'stack', message, ...facts }
    io.stdout.write(`${JSON.stringify(line)}\n`)
  }
  let isReady = false
  const interrupts = listenForInterrupts(
    {
      onInterrupt: (listener) => {
        starter.onGone(() => isReady || listener('the command that started it has gone away'))
        return io.onInterrupt(listener)
      },
    },
    () => process.exit(exitStatus.interrupted),
  )
  try {
    const outcome = await supervise({ settings: stackSettings(io), include }, interrupts, {
      onEvent: (event) => {
        if (event.type === 'log') return
        const news = eventTold(event)
        const subject = event.type === 'progress' ? '' : `${event.instance} `
        if (news !== undefined) log(news.level, subject + news.text)
        if (!isReady) void starter.send({ type: 'event', event })
      },
      onReady: (report) => {
        isReady = true
        log('info', 'ready', { tookMs: Math.round(report.tookMs) })
        void starter.send({ type: 'ready', report })
      },
      onStopping: (reason) => log('info', 'draining', { reason }),
    })
    log('info', 'stopped')
    return outcome === 'stopped' ? exitStatus.ok : exitStatus.interrupted
  } catch (error) {
    const failure = failureMessage(error)
    log('error', 'the stack did not start', { error: failure })
    await starter.send(failure)
    return exitStatus.failure
  }
}
