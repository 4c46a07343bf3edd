import { createHash } from 'node:crypto'

/** A Lua script and the name by which a server that has seen it knows it. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

/*
 * KEYS of every script are of one slot on a Cluster. What a script makes of a bucket's key (`bucket:key`,
 * `bucket@identityKey`) has the bucket's hash tag. ARGV[1] is the store's own time, with 16 digits.
 *
 * An index is written before its record and cleared after it: where a server stops a script half-way, an index names too
 * much rather than too little. Whoever goes by an index looks at the record.
 */
const shared = `
local now = ARGV[1]
local nowMs = tonumber(now)

local function headerOf(key)
  local header = redis.call('GETRANGE', key, 0, 163)
  return header ~= '' and header or nil
end

-- For a key that an index names: nothing also where something else than a string took its place.
local function textOf(command, key, ...)
  local text = redis.pcall(command, key, ...)
  return type(text) == 'string' and text ~= '' and text or nil
end

local function expiryOf(text)
  return string.sub(text, 6, 21)
end

local function deadlineOf(text)
  return string.sub(text, 22, 37)
end

-- Empty for an anonymous session; nothing for a value of another form.
local function identityOf(text)
  local ends = string.sub(text, 1, 5) == 'sess1' and string.find(text, ' ', 55, true)
  return ends and string.sub(text, 55, ends - 1)
end

local function versionOf(text)
  local before = string.find(text, ' ', 55, true)
  local after = before and string.find(text, ' ', before + 1, true)
  return after and string.sub(text, before + 1, after - 1)
end

local function isLive(text)
  return expiryOf(text) > now
end

-- The header of the live record; nothing where there is none.
local function liveHeader(key)
  local header = headerOf(key)
  if not header then return nil end
  if not identityOf(header) then error('CORRUPT', 0) end
  return isLive(header) and header or nil
end

-- A backstop: who reads goes by expiresAt. At least a second, and so never 0, which would be an error.
local function ttlOf(expiresAt)
  return math.max(1000, tonumber(expiresAt) - nowMs)
end

-- An index outlives its longest record by up to a second, so that not each write in that second must extend it again.
local function addTo(index, member, expiresAt, ttl)
  redis.call('ZADD', index, expiresAt, member)
  if redis.call('PTTL', index) < ttl then redis.call('PEXPIRE', index, ttl + 1000) end
end

local function addToIndexes(bucket, identity, member, expiresAt, ttl)
  addTo(bucket, member, expiresAt, ttl)
  if identity ~= '' then addTo(bucket .. '@' .. identity, member, expiresAt, ttl) end
end

local function removeFromIndexes(bucket, identity, member)
  redis.call('ZREM', bucket, member)
  if identity and identity ~= '' then redis.call('ZREM', bucket .. '@' .. identity, member) end
end
`

const write = `
-- Drops two entries whose records the server has expired, so that one new entry pays for old ones.
local function prune(index, bucket)
  local expired = redis.pcall('ZRANGEBYSCORE', index, '-inf', now, 'LIMIT', 0, 2)
  for _, member in ipairs(expired) do
    if redis.pcall('EXISTS', bucket .. ':' .. member) == 0 then redis.pcall('ZREM', index, member) end
  end
end

local function memberOf(bucket, key)
  return string.sub(key, #bucket + 2)
end

local function store(bucket, key, value, header)
  local expiresAt, identity = expiryOf(value), identityOf(value)
  local former = header and identityOf(header)
  if former == identity and expiryOf(header) == expiresAt then
    redis.call('SET', key, value, 'KEEPTTL')
    return 1
  end
  local member, ttl = memberOf(bucket, key), ttlOf(expiresAt)
  addToIndexes(bucket, identity, member, expiresAt, ttl)
  redis.call('SET', key, value, 'PX', ttl)
  if not former then
    prune(bucket, bucket)
    if identity ~= '' then prune(bucket .. '@' .. identity, bucket) end
  elseif former ~= '' and former ~= identity then
    redis.call('ZREM', bucket .. '@' .. former, member)
  end
  return 1
end

-- The new value with the deadline and the createdAt of the stored one, which it should have anyway.
local function merge(header, value)
  local constant, expiresAt, deadline = string.sub(header, 22, 54), expiryOf(value), deadlineOf(header)
  if expiresAt > deadline then
    expiresAt = deadline
  elseif string.sub(value, 22, 54) == constant then
    return value
  end
  return 'sess1' .. expiresAt .. constant .. string.sub(value, 55)
end

local writes = {}

function writes.put(bucket, key, value)
  return store(bucket, key, value, headerOf(key))
end

-- A version is given out once: where it is stored already, this very write has been applied, and is being repeated by a
-- client that lost its connection before the answer came.
function writes.insert(bucket, key, value)
  local header = liveHeader(key)
  if header then return versionOf(header) == versionOf(value) and 1 or 0 end
  return writes.put(bucket, key, value)
end

function writes.replace(bucket, key, value)
  local header = liveHeader(key)
  if not header then return 0 end
  return store(bucket, key, merge(header, value), header)
end

function writes.swap(bucket, key, value, ifVersion, ifExpiresAt)
  local header = liveHeader(key)
  if not header then return 0 end
  local stored = versionOf(header)
  if stored == versionOf(value) then return 1 end
  if stored ~= ifVersion or expiryOf(header) ~= ifExpiresAt then return 2 end
  return store(bucket, key, merge(header, value), header)
end

function writes.touch(bucket, key, expiresAt)
  local header = liveHeader(key)
  if not header then return '' end
  local deadline = deadlineOf(header)
  if expiresAt > deadline then expiresAt = deadline end
  if expiresAt ~= expiryOf(header) then
    local ttl = ttlOf(expiresAt)
    addToIndexes(bucket, identityOf(header), memberOf(bucket, key), expiresAt, ttl)
    redis.call('SETRANGE', key, 5, expiresAt)
    redis.call('PEXPIRE', key, ttl)
  end
  return expiresAt
end

function writes.delete(bucket, key)
  local header = headerOf(key)
  if not header then return 0 end
  local identity = identityOf(header)
  redis.call('DEL', key)
  removeFromIndexes(bucket, identity, memberOf(bucket, key))
  return identity and isLive(header) and 1 or 0
end

function writes.take(bucket, key)
  local value = redis.call('GET', key)
  if not value then return '' end
  redis.call('DEL', key)
  removeFromIndexes(bucket, nil, memberOf(bucket, key))
  return value
end

function writes.rotate(bucket, key, newBucket, newKey)
  local header = liveHeader(key)
  if not header then return '' end
  if redis.call('EXISTS', newKey) == 1 then return 'taken' end
  local identity, expiresAt = identityOf(header), expiryOf(header)
  addToIndexes(newBucket, identity, memberOf(newBucket, newKey), expiresAt, ttlOf(expiresAt))
  redis.call('RENAME', key, newKey)
  removeFromIndexes(bucket, identity, memberOf(bucket, key))
  return redis.call('GET', newKey)
end

-- ARGV from 2 on: the kind of each write and what it takes. KEYS: its bucket and record, and of a rotation the new ones too.
local takes = { put = 1, insert = 1, replace = 1, swap = 3, touch = 1, delete = 0, take = 0, rotate = 0 }
local outcomes = {}
local keyAt, at = 1, 2
while at <= #ARGV do
  local kind, bucket, key = ARGV[at], KEYS[keyAt], KEYS[keyAt + 1]
  local ok, outcome
  if kind == 'rotate' then
    ok, outcome = pcall(writes.rotate, bucket, key, KEYS[keyAt + 2], KEYS[keyAt + 3])
    keyAt = keyAt + 4
  else
    ok, outcome = pcall(writes[kind], bucket, key, ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
    keyAt = keyAt + 2
  end
  if not ok then
    local reason = type(outcome) == 'table' and outcome.err or tostring(outcome)
    -- Nothing has been written, and nothing will be: a replica, no memory. Then the script fails as a whole.
    if #outcomes == 0 and reason ~= 'CORRUPT' and not string.find(reason, '^WRONGTYPE') then return { err = reason } end
    outcome = '!' .. reason
  end
  outcomes[#outcomes + 1] = outcome
  at = at + 1 + takes[kind]
end
return outcomes
`

const count = `
local live = 0
for _, bucket in ipairs(KEYS) do live = live + redis.call('ZCOUNT', bucket, '(' .. now, '+inf') end
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
      local header = textOf('GETRANGE', key, 0, 163)
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
    local header = textOf('GETRANGE', key, 0, 163)
    local identity = header and identityOf(header)
    if identity and isLive(header) then
      redis.call('ZADD', bucket, expiryOf(header), member)
    else
      if identity then removed = removed + redis.call('DEL', key) end
      removeFromIndexes(bucket, identity, member)
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

export const scripts = {
  write: script(shared + write),
  count: script(shared + count),
  list: script(shared + list),
  revoke: script(shared + revoke),
  clean: script(shared + clean),
  scan: script(shared + scan),
  read: script(read),
} as const

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}
