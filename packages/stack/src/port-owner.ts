/** Which process listens on a port, as far as the system tells this user. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { promisify } from 'node:util'
import { isLinux } from './host.ts'

export interface PortOwner {
  readonly pid: number
  readonly command: string
}

/** The owner of a TCP listener or a bound UDP socket; undefined when it cannot be found out. */
export const portOwner = async (host: string, port: number): Promise<PortOwner | undefined> =>
  (isLinux ? fromProc(host, port) : undefined) ?? (await fromLsof(port))

/** A listening TCP socket, or an unconnected UDP one (include/net/tcp_states.h). */
const openStates = new Set(['0A', '07'])

const fromProc = (host: string, port: number): PortOwner | undefined => {
  const inodes = new Set(
    ['tcp', 'udp', 'tcp6', 'udp6'].flatMap((table) =>
      linesOf(`/proc/net/${table}`)
        .map((line) => line.trim().split(/\s+/))
        .filter(([, local, , state]) => isOn(local ?? '', host, port) && openStates.has(state ?? ''))
        .map((columns) => columns[9] ?? ''),
    ),
  )
  if (inodes.size === 0) return undefined
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    if (!holdsSocket(pid, inodes)) continue
    const command = linesOf(`/proc/${pid}/cmdline`)[0]?.replaceAll('\0', ' ').trim() ?? ''
    return { pid: Number(pid), command: command.slice(0, 100) || 'a process' }
  }
  return undefined
}

const linesOf = (file: string): string[] => {
  try {
    return readFileSync(file, 'latin1').split('\n')
  } catch {
    return []
  }
}

/** `0100007F:1F90`: the address in host byte order (proc(5)), the port in hexadecimal. */
const isOn = (local: string, host: string, port: number): boolean => {
  const [address, hexPort] = local.split(':')
  if (address === undefined || hexPort === undefined || Number.parseInt(hexPort, 16) !== port) return false
  const isAny = /^0+$/.test(address)
  const octets = host.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'))
  return isAny || address.length > 8 || octets.toReversed().join('').toUpperCase() === address
}

const holdsSocket = (pid: string, inodes: ReadonlySet<string>): boolean => {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`))?.[1]
      return inode !== undefined && inodes.has(inode)
    })
  } catch {
    // Another user's process.
    return false
  }
}

const readLink = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

const fromLsof = async (port: number): Promise<PortOwner | undefined> => {
  try {
    const { stdout } = await promisify(execFile)('lsof', ['-nP', `-i:${port}`, '-sTCP:LISTEN', '-Fpc'])
    const pid = /^p(\d+)$/m.exec(stdout)?.[1]
    return pid === undefined ? undefined : { pid: Number(pid), command: /^c(.+)$/m.exec(stdout)?.[1] ?? 'a process' }
  } catch {
    return undefined
  }
}
