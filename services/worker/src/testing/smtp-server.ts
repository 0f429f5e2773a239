/** Just enough of a mail server (RFC 5321) for tests: takes mails, or answers one command as it is told. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface SmtpServer {
  readonly url: string
  /** As received: envelope commands and the message between DATA and the dot. */
  readonly received: { readonly envelope: string[]; readonly message: string }[]
  /** Replies by the first word of a command, e.g. `{ RCPT: '550 no such user' }`; `.` is the end of the message. */
  replies: Readonly<Record<string, string>>
  /** Called instead of taking a message at once; it is taken when `release` is called. */
  hold: ((release: () => void) => void) | undefined
  close(): Promise<void>
}

export const startSmtpServer = async (): Promise<SmtpServer> => {
  const received: SmtpServer['received'] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    converse(socket, handle)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const handle: SmtpServer = {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    replies: {},
    hold: undefined,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return handle
}

const usual: Readonly<Record<string, string>> = {
  DATA: '354 go ahead',
  '.': '250 taken',
  QUIT: '221 bye',
}

const converse = (socket: Socket, server: SmtpServer): void => {
  let envelope: string[] = []
  let message: string[] | undefined
  const say = (command: string): string => {
    const reply = server.replies[command] ?? usual[command] ?? '250 ok'
    socket.write(`${reply}\r\n`)
    return reply
  }
  const take = (taken: { envelope: string[]; message: string }): void => {
    if (say('.').startsWith('2')) server.received.push(taken)
  }
  socket.write('220 test\r\n')
  createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
    if (message !== undefined && line !== '.') {
      message.push(line)
    } else if (message !== undefined) {
      const taken = { envelope, message: message.join('\r\n') }
      if (server.hold === undefined) take(taken)
      else server.hold(() => take(taken))
      message = undefined
      envelope = []
    } else {
      const command = line.split(' ')[0]?.toUpperCase() ?? ''
      if (command === 'MAIL' || command === 'RCPT') envelope.push(line)
      if (say(command).startsWith('354')) message = []
    }
  })
}
