import { createHash } from 'node:crypto'
import { recordLua } from './record-lua.ts'
import { maxLagMs, versionEnd } from './record-text.ts'
import { usualWriteLua } from './usual-write-lua.ts'
import { writeLua } from './write-lua.ts'

/** A Lua script and the name by which a server that has seen it knows it. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

const count = `
local live = 0
for _, bucket in ipairs(KEYS) do
  live = live + redis.call('ZCOUNT', bucket, '(' .. now, '+inf')
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', bucket, nowMs - ${maxLagMs}, now)) do
    local header = textOf('GETRANGE', bucket .. ':' .. member, '0', '20')
    if header and isLive(header) then live = live + 1 end
  end
end
return live
`

const list = `
local found = {}
for _, bucket in ipairs(KEYS) do
  for _, member in ipairs(redis.call('ZRANGE', bucket .. '@' .. ARGV[2], 0, -1)) do
    local value = textOf('GET', bucket .. ':' .. member)
    if value then
      found[#found + 1] = member
      found[#found + 1] = value
    end
  end
end
return found
`

const revoke = `
local ended = 0
for _, bucket in ipairs(KEYS) do
  local index = bucket .. '@' .. ARGV[2]
  for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    if member ~= ARGV[3] then
      local key = bucket .. ':' .. member
      local header = textOf('GETRANGE', key, '0', '${versionEnd}')
      if header and identityOf(header) == ARGV[2] then
        if isLive(header) then ended = ended + 1 end
        redis.call('DEL', key)
        redis.call('ZREM', bucket, member)
      end
      redis.call('ZREM', index, member)
    end
  end
end
return ended
`

const clean = `
local removed, more, limit = 0, 0, tonumber(ARGV[2])
for _, bucket in ipairs(KEYS) do
  local expired = redis.call('ZRANGEBYSCORE', bucket, '-inf', now, 'LIMIT', 0, limit)
  if #expired == limit then more = 1 end
  for _, member in ipairs(expired) do
    local key = bucket .. ':' .. member
    local header = textOf('GETRANGE', key, '0', '${versionEnd}')
    if header and isLive(header) then
      local expiresAt = expiryOf(header)
      addToIndexes(bucket, identityOf(header), member, expiresAt, expiresAt)
      redis.call('SETRANGE', key, '21', expiresAt)
    else
      if header then removed = removed + redis.call('DEL', key) end
      removeFromIndexes(bucket, header and identityOf(header) or '', member)
    end
  end
end
return { removed, more }
`

const scan = `
local page = redis.call('ZSCAN', KEYS[1], ARGV[2], 'COUNT', ARGV[3])
local found = { page[1] }
for at = 1, #page[2], 2 do
  local member = page[2][at]
  local value = textOf('GET', KEYS[1] .. ':' .. member)
  if value then
    found[#found + 1] = member
    found[#found + 1] = value
  end
end
return found
`

/** One record; on a Cluster, where a plain GET might be sent to a replica. */
const read = "return redis.call('GET', KEYS[1])"

/** Its key says which node of a Cluster is asked. */
const time = "return redis.call('TIME')"

export const scripts = {
  write: script(usualWriteLua + recordLua + writeLua),
  count: script(recordLua + count),
  list: script(recordLua + list),
  revoke: script(recordLua + revoke),
  clean: script(recordLua + clean),
  scan: script(recordLua + scan),
  read: script(read),
  time: script(time),
} as const

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}
