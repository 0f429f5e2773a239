/** `roundtrip stop|start|restart|kill|pause|resume`: one instance of a running stack, to see what the others do. */
import { defineCommand, type Command, type Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { instanceNamed } from '../instance-names.ts'
import { runningStack } from '../stack/connection.ts'
import { paintState } from '../terminal/states.ts'

type Action = 'stop' | 'start' | 'restart' | 'kill' | 'pause' | 'resume'

interface Words {
  readonly summary: string
  readonly description: string
  /** What has been done to it. */
  readonly done: string
  readonly example: readonly [instance: string, about: string]
}

const act = async (action: Action, done: string, name: string, io: Io): Promise<number> => {
  const client = runningStack(io)
  const { name: instance } = instanceNamed(name)
  const state = await client.act(instance, action)
  io.stdout.write(`${instance} ${done}; its state is ${paintState(io.colours, state)}\n`)
  return exitStatus.ok
}

const actionCommand = (action: Action, { summary, description, done, example: [instance, about] }: Words): Command =>
  defineCommand({
    name: action,
    summary,
    description,
    usage: '<instance>',
    options: {},
    positionals: { min: 1 },
    examples: [{ command: `./roundtrip ${action} ${instance}`, about }],
    run: async ({ positionals: [name = ''] }, io) => act(action, done, name, io),
  })

export const stop: Command = actionCommand('stop', {
  done: 'stopped',
  summary: 'Drain and stop one instance; it stays down',
  description: 'Waits until it has ended. ./roundtrip start brings it back, ./roundtrip down stops all of them.',
  example: ['postgres-replica', 'reads go to the primary'],
})

export const start: Command = actionCommand('start', {
  done: 'started',
  summary: 'Start an instance that was stopped',
  description: 'Waits until it is ready. Nothing happens when it already is.',
  example: ['postgres-replica', 'and reads come back'],
})

export const restart: Command = actionCommand('restart', {
  done: 'restarted',
  summary: 'Drain, stop and start one instance',
  description: 'Waits until it is ready again.',
  example: ['app-1', 'requests go to app-2 meanwhile'],
})

export const kill: Command = actionCommand('kill', {
  done: 'killed',
  summary: 'Kill one instance as a crash would (SIGKILL)',
  description: 'The supervisor starts it again after a backoff; ./roundtrip status counts the restarts.',
  example: ['web-1', 'nobody should notice'],
})

export const pause: Command = actionCommand('pause', {
  done: 'paused',
  summary: 'Freeze one instance (SIGSTOP): connected, but silent',
  description: 'The worst kind of failure: connections stay open and nothing answers. ./roundtrip resume ends it.',
  example: ['app-1', 'see which timeouts notice'],
})

export const resume: Command = actionCommand('resume', {
  done: 'resumed',
  summary: 'Let a frozen instance go on (SIGCONT)',
  description: 'What was sent to it in the meantime is answered now.',
  example: ['app-1', 'go on'],
})
