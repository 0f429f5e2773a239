/** A stack of its own for a suite: real processes on free ports in a temporary folder. */
import { startStack, type Stack, type StackOptions } from '@roundtrip/stack'
import { askAdmin } from './ask-admin.ts'
import { staffTokenOf } from './staff-token.ts'
import type { Target, TargetInstance, TargetSource } from './target.ts'

/** What a test breaks stays broken until the test mends it, so nothing is restarted by itself. */
export const embeddedTarget = (options: StackOptions = {}): TargetSource => ({
  acquire: async () => toTarget(await startStack({ restart: false, control: false, ...options })),
  release: (target) => target.stop(),
})

const toTarget = (stack: Stack): Target => ({
  kind: 'embedded',
  ca: stack.ca,
  publicName: stack.publicName,
  dns: stack.dns,
  edges: stack.edges,
  instance: (name): TargetInstance => {
    const instance = stack.instance(name)
    return {
      name,
      stop: () => instance.stop(),
      start: () => instance.start(),
      kill: () => instance.kill(),
      pause: () => instance.pause(),
      resume: () => instance.resume(),
    }
  },
  askEdge: async (name, question) => {
    const { host, ports } = stack.address(name)
    return askAdmin(`http://${host.includes(':') ? `[${host}]` : host}:${ports['admin']}`, question)
  },
  staffToken: () => staffTokenOf(stack.data),
  mails: () => stack.mails(),
  stop: () => stack.stop(),
})
