/** What Redis does in one step, so that no other client comes between. */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'

export interface Script {
  readonly body: string
  readonly sha: string
}

const script = (body: string): Script => ({ body, sha: createHash('sha1').update(body).digest('hex') })

/**
 * Who may load. KEYS: lease, entry, tags. ARGV: token, lease ms, stamp ms, id of the entry that the caller knows.
 * A lease holds for the stamps it was given at: an invalidation voids it without having to know of it.
 * `full`: Redis has no room for a stamp or a lease.
 */
export const claim = script(`
local stamps = {}
for i = 3, #KEYS do
  local stamp = redis.call('GET', KEYS[i])
  if not stamp then
    stamp = '!' .. ARGV[1]
    if redis.pcall('SET', KEYS[i], stamp, 'PX', ARGV[3]).err then return {'full'} end
  end
  stamps[#stamps + 1] = stamp
end
local version = table.concat(stamps, ' ')
local text = redis.call('GET', KEYS[2])
if text then
  local id, of = string.match(text, '^(%S+)[^\\n]*\\n([^\\n]*)\\n')
  if of == version and id ~= ARGV[4] then return {'filled', text, redis.call('PTTL', KEYS[2]), unpack(stamps)} end
end
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^%S+ (.*)$') == version then return {'taken', redis.call('PTTL', KEYS[1])} end
if redis.pcall('SET', KEYS[1], ARGV[1] .. ' ' .. version, 'PX', ARGV[2]).err then return {'full'} end
return {'yours', unpack(stamps)}`)

/**
 * Keeps what was loaded, unless that is outdated or another has the lease. KEYS: lease, entry, tags.
 * ARGV: token, text, entry ms, stamps in one text, id of the entry at the claim, channel, name of the key.
 * Without any lease (it ran out, or Redis had no room) the entry must still be the one of the claim.
 */
export const fill = script(`
local held = redis.call('GET', KEYS[1])
if held then
  if string.match(held, '^%S+') ~= ARGV[1] then return 'lost' end
  redis.call('DEL', KEYS[1])
  redis.call('PUBLISH', ARGV[6], ARGV[7])
else
  local text = redis.call('GET', KEYS[2])
  if text and string.match(text, '^%S+') ~= ARGV[5] then return 'lost' end
end
local stamps = {}
for i = 3, #KEYS do stamps[#stamps + 1] = redis.call('GET', KEYS[i]) or '' end
if table.concat(stamps, ' ') ~= ARGV[4] then return 'outdated' end
if redis.pcall('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]).err then return 'full' end
return 'stored'`)

/** Gives a lease back unused. KEYS: lease. ARGV: token, channel, name of the key. */
export const release = script(`
local held = redis.call('GET', KEYS[1])
if not held or string.match(held, '^%S+') ~= ARGV[1] then return 0 end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return redis.call('DEL', KEYS[1])`)

/**
 * Invalidates: sets each tag's stamp unless it has a later one, for two invalidations may arrive in either order.
 * KEYS: tags. ARGV: stamp ms, channel, message, a stamp for each tag. Redis may be full: no stamp invalidates as well.
 */
export const advance = script(`
for i, key in ipairs(KEYS) do
  local stamp = ARGV[i + 3]
  if (redis.call('GET', key) or '') < stamp then
    if redis.pcall('SET', key, stamp, 'PX', ARGV[1]).err then redis.call('DEL', key) end
  end
end
redis.call('PUBLISH', ARGV[2], ARGV[3])`)

/** So that `runScript` need not send them. */
export const loadScripts = (redis: Redis): void => {
  for (const { body } of [claim, fill, release, advance]) redis.script('LOAD', body).catch(() => {})
}

const isUnknown = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

export const runScript = async (
  redis: Redis,
  { body, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> => {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!isUnknown(error)) throw error
    return redis.eval(body, keys.length, ...keys, ...args)
  }
}
