/** Everybody who can take part. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Contestant, Server, Surroundings } from './contestant.ts'
import { edge } from './edge.ts'
import { fastifyHttpProxy } from './fastify-http-proxy.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { varnish } from './varnish.ts'

export const contestants: readonly Contestant[] = [nginx, haproxy, varnish, fastifyHttpProxy, edge]

/** A contestant and its running server, or why there is none. */
export interface Entrant {
  readonly name: string
  readonly server: Server | string
}

/** Starts whoever is installed and can be started. */
export const enter = async (
  { name, version, install, start }: Contestant,
  surroundings: Omit<Surroundings, 'folder'>,
): Promise<Entrant> => {
  if (version() === undefined) return { name, server: `not installed: ${install}` }
  const folder = join(surroundings.children.folder, name)
  mkdirSync(folder)
  try {
    return { name, server: await start({ ...surroundings, folder }) }
  } catch (error) {
    return { name, server: (error as Error).message }
  }
}
