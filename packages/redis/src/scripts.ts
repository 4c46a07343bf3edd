import { createHash } from 'node:crypto'
import { header } from './record-fields.ts'
import { entriesLua, indexLua, recordLua } from './record-lua.ts'
import { headerBytes, luaForm, luaRest, versionEnd } from './record-text.ts'
import { usualWriteLua } from './usual-write-lua.ts'
import { writeLua } from './write-lua.ts'

/** A Lua script and the name by which a server that has seen it knows it. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

/** ARGV[3] says how a write treats its indexes on a server that may evict keys. */
const modes = `
local lasting = ARGV[3] == 'lasting'
local healing = lasting or ARGV[3] == 'healing'
`

/** Some entries of one person, from each of the indexes. */
const find = `
local found = {}
for _, index in ipairs(KEYS) do
  for _, entry in ipairs(redis.call('ZRANGEBYLEX', index, ARGV[1], ARGV[2], 'LIMIT', '0', ARGV[3])) do
    found[#found + 1] = entry
  end
end
return found
`

/** Ends the sessions of the person in ARGV[2]; then come the entries whose sessions have been moved in the meantime. */
const revoke = `
local answer, ended = { 0 }, 0
eachEntry(function(key, byExpiry, byIdentity, entry)
  local state, header = settle(key, byExpiry, byIdentity, entry)
  if state == 'moved' then
    answer[#answer + 1] = entry
  elseif state == 'damaged' or state == 'newer' or header and identityOf(header) == ARGV[2] then
    redis.call('DEL', key)
    drop(byExpiry, byIdentity, entry)
    if state == 'live' then ended = ended + 1 end
  end
end)
answer[1] = ended
return answer
`

/** Removes entries without a record; the answer are those that have been moved in the meantime. */
const mend = `
local moved = {}
eachEntry(function(key, byExpiry, byIdentity, entry)
  if settle(key, byExpiry, byIdentity, entry) == 'moved' then moved[#moved + 1] = entry end
end)
return moved
`

/** Removes what has expired; the answer is how many sessions that were, and then the entries that stay. */
const clean = `
local answer, removed = { 0 }, 0
eachEntry(function(key, byExpiry, byIdentity, entry)
  local state, header = settle(key, byExpiry, byIdentity, entry)
  if state == 'expired' or state == 'damaged' then
    removed = removed + redis.call('DEL', key)
    drop(byExpiry, byIdentity, entry)
  elseif state == 'newer' then
    -- It may be live, and only lag in its index.
    answer[#answer + 1] = entry
  elseif state == 'live' then
    catchUp(key, byExpiry, entry, header)
    -- Where it has not caught up it is passed over.
    if tonumber(redis.call('ZSCORE', byExpiry, entry) or now) <= nowMs then answer[#answer + 1] = entry end
  end
end)
answer[1] = removed
return answer
`

/** Counts the entries of each index by expiry with a score after ARGV[1], and those with a score before ARGV[2]. */
const tally = `
local counts = {}
for _, index in ipairs(KEYS) do
  counts[#counts + 1] = redis.call('ZCOUNT', index, '(' .. ARGV[1], '+inf')
  counts[#counts + 1] = redis.call('ZCOUNT', index, '-inf', '(' .. ARGV[2])
end
return counts
`

/** Entries by rank: ARGV[1] of each index, from the rank on that its own argument says, with scores up to ARGV[2]. */
const walk = `
local found, last = {}, tonumber(ARGV[2])
for at, index in ipairs(KEYS) do
  local start = tonumber(ARGV[at + 2])
  local page = redis.call('ZRANGE', index, start, start + tonumber(ARGV[1]) - 1, 'WITHSCORES')
  for n = 1, #page, 2 do
    if tonumber(page[n + 1]) > last then break end
    found[#found + 1] = page[n]
  end
end
return found
`

/** How many of the records are live at ARGV[1]. */
const live = `
local live = 0
for _, key in ipairs(KEYS) do
  local header = redis.pcall('GETRANGE', key, '0', '${versionEnd}')
  if type(header) == 'string' then
    if string.find(header, '${luaForm}') and string.sub(header, ${header.place('expiresAt')}) > ARGV[1] then
      local length = tonumber(string.sub(header, ${header.place('length')}), 36)
      if length >= ${headerBytes} and string.find(header, '${luaRest}', length + 1) then live = live + 1 end
    end
  elseif string.sub(header.err, 1, 9) ~= 'WRONGTYPE' then
    return header
  end
end
return live
`

/** About ARGV[2] entries from the first index on, beginning at its cursor ARGV[1]; before them where to go on. */
const scan = `
local found, cursor, limit = {}, ARGV[1], tonumber(ARGV[2])
for at, index in ipairs(KEYS) do
  repeat
    local page = redis.call('ZSCAN', index, cursor, 'COUNT', limit)
    cursor = page[1]
    for n = 1, #page[2], 2 do found[#found + 1] = page[2][n] end
    if #found >= limit then return { cursor == '0' and at or at - 1, cursor, found } end
  until cursor == '0'
end
return { #KEYS, '0', found }
`

/** A page of the entries that fit a pattern. */
const seek = `
local page = redis.call('ZSCAN', KEYS[1], ARGV[1], 'MATCH', ARGV[2], 'COUNT', '1000')
local found = {}
for n = 1, #page[2], 2 do found[#found + 1] = page[2][n] end
return { page[1], found }
`

/** Records; on a Cluster, where a plain GET might be sent to a replica. */
const read = `
local values = {}
for at, key in ipairs(KEYS) do
  local value = redis.pcall('GET', key)
  if type(value) == 'table' then
    if string.sub(value.err, 1, 9) ~= 'WRONGTYPE' then return value end
    value = false
  end
  values[at] = value
end
return values
`

/** The server's time. On a Cluster the key says which node is asked. */
const time = "return redis.call('TIME')"

/** The server's maxmemory-policy, or an empty string where it refuses INFO. On a Cluster the key says which node is asked. */
const policy = `
local info = redis.pcall('INFO', 'memory')
return type(info) == 'string' and string.match(info, 'maxmemory_policy:(%S+)') or ''
`

export const scripts = {
  usualWrite: script(usualWriteLua),
  write: script(recordLua + modes + indexLua + writeLua),
  find: script(find),
  revoke: script(recordLua + entriesLua + revoke),
  mend: script(recordLua + entriesLua + mend),
  clean: script(recordLua + entriesLua + clean),
  tally: script(tally),
  walk: script(walk),
  live: script(live),
  scan: script(scan),
  seek: script(seek),
  read: script(read),
  time: script(time),
  policy: script(policy),
} as const

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}
