/** For tests only: PgBouncer in transaction mode in front of a server, where it is installed (Debian: `pgbouncer`). */
import { spawn } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const folders = ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin']

/** Undefined where it is not installed. */
export const pgbouncer: string | undefined = folders
  .map((folder) => join(folder, 'pgbouncer'))
  .find((file) => existsSync(file))

export interface PgBouncer {
  /** The same database, by way of PgBouncer. */
  url(serverUrl: string): string
  stop(): Promise<void>
}

/** @param servers URLs of servers, each reached under its own database name */
export const startPgBouncer = async (
  program: string,
  servers: readonly string[],
  password: string,
): Promise<PgBouncer> => {
  const folder = await mkdtemp(join(tmpdir(), 'pgbouncer-'))
  const port = await freePort()
  const userList = join(folder, 'users.txt')
  const settings = join(folder, 'pgbouncer.ini')
  const user = new URL(servers[0] ?? '').username
  await writeFile(userList, `"${user}" "${password}"\n`)
  await writeFile(settings, settingsFor(servers, port, userList))
  await Promise.all([chmod(folder, 0o755), chmod(userList, 0o644), chmod(settings, 0o644)])
  // It refuses to run as root.
  const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const child = spawn(program, [settings], { stdio: ['ignore', 'ignore', 'pipe'], ...account })
  await new Promise<void>((resolve, reject) => {
    createInterface(child.stderr).on('line', (line) => line.includes('process up') && resolve())
    child.once('exit', (code) => reject(new Error(`pgbouncer ended with ${code}`)))
  })
  return {
    url: (serverUrl) => {
      const index = servers.indexOf(serverUrl)
      return `postgres://${user}@127.0.0.1:${port}/server_${index}`
    },
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGQUIT')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

const settingsFor = (servers: readonly string[], port: number, userList: string): string => {
  const databases = servers.map((url, index) => {
    const { hostname, port: serverPort, pathname } = new URL(url)
    return `server_${index} = host=${hostname} port=${serverPort} dbname=${pathname.slice(1)}`
  })
  return [
    '[databases]',
    ...databases,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = plain',
    `auth_file = ${userList}`,
    'pool_mode = transaction',
    'default_pool_size = 2',
    '',
  ].join('\n')
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
