/** The process behind `roundtrip up --detach`. */
import { processIo } from '../io.ts'
import { runSupervisor } from './run-supervisor.ts'

process.title = 'roundtrip-supervisor'

const status = await runSupervisor(process.argv.slice(2), processIo(process.env), {
  send: (message) =>
    new Promise((resolve) => {
      if (process.send === undefined || !process.connected) resolve()
      else process.send(message, undefined, undefined, () => resolve())
    }),
  onGone: (listener) => process.once('disconnect', listener),
})
process.exit(status)
