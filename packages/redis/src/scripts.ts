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
 *
 * An index's score may lag behind its record's expiresAt, so that a session which is used all the time costs the index a
 * write a minute: it is never later, and at most a minute (or an eighth of the remaining time) earlier. The record says
 * by which instant it is indexed.
 */
const shared = `
local now = ARGV[1]
local nowMs = tonumber(now)
local maxLagMs = 60000

-- Of what another application put there, or another type, nothing.
local function textOf(command, key, ...)
  local text = redis.pcall(command, key, ...)
  return type(text) == 'string' and string.sub(text, 1, 5) == 'sess1' and text or nil
end

local function expiryOf(text)
  return string.sub(text, 6, 21)
end

-- Empty for an anonymous session.
local function identityOf(text)
  return string.sub(text, 71, string.find(text, ' ', 71, true) - 1)
end

local function isLive(text)
  return expiryOf(text) > now
end

-- A backstop: who reads goes by expiresAt. At least a second, and so never 0, which would be an error.
local function ttlOf(expiresMs)
  return math.max(1000, expiresMs - nowMs)
end

local function lagOf(ttl)
  return math.min(maxLagMs, ttl / 8)
end

-- The index lives as long as a record that it lags behind.
local function addTo(index, member, score, ttl)
  redis.call('ZADD', index, score, member)
  local lifetime = math.ceil(ttl + lagOf(ttl))
  if redis.call('PTTL', index) < lifetime then redis.call('PEXPIRE', index, lifetime) end
end

local function addToIndexes(bucket, identity, member, score, ttl)
  addTo(bucket, member, score, ttl)
  if identity ~= '' then addTo(bucket .. '@' .. identity, member, score, ttl) end
end

local function removeFromIndexes(bucket, identity, member)
  redis.call('ZREM', bucket, member)
  if identity ~= '' then redis.call('ZREM', bucket .. '@' .. identity, member) end
end
`

const write = `
local function headerOf(key)
  local header = redis.call('GETRANGE', key, 0, 180)
  if header == '' then return nil end
  if string.sub(header, 1, 5) ~= 'sess1' then error('CORRUPT', 0) end
  return header
end

local function liveHeader(key)
  local header = headerOf(key)
  return header and isLive(header) and header or nil
end

local function versionOf(text, at)
  local before = string.find(text, ' ', at, true)
  return string.sub(text, before + 1, string.find(text, ' ', before + 1, true) - 1)
end

-- No id has a brace, so the last one ends the hash tag.
local function partsOf(key)
  local brace = string.find(key, '}[^}]*$')
  return string.sub(key, 1, brace), string.sub(key, brace + 2)
end

-- Drops two entries whose records the server has expired, so that one new entry pays for old ones.
local function prune(index, bucket)
  local expired = redis.pcall('ZRANGEBYSCORE', index, '-inf', now, 'LIMIT', 0, 2)
  for _, member in ipairs(expired) do
    if redis.pcall('EXISTS', bucket .. ':' .. member) == 0 then redis.pcall('ZREM', index, member) end
  end
end

-- Writes a record of the given instants and the rest of the value, over one that may have been there.
local function store(key, expiresAt, deadlineAndCreatedAt, rest, header)
  local expiresMs = tonumber(expiresAt)
  local ttl = ttlOf(expiresMs)
  local indexed, former
  if header then
    indexed = string.sub(header, 22, 37)
    former = identityOf(header)
    local lag = expiresMs - tonumber(indexed)
    if lag >= 0 and lag <= lagOf(ttl) and string.sub(rest, 1, #former + 1) == former .. ' ' then
      redis.call('SET', key, 'sess1' .. expiresAt .. indexed .. deadlineAndCreatedAt .. rest, 'PX', ttl)
      return 1
    end
  end
  local bucket, member = partsOf(key)
  local identity = string.sub(rest, 1, string.find(rest, ' ', 1, true) - 1)
  addToIndexes(bucket, identity, member, expiresAt, ttl)
  redis.call('SET', key, 'sess1' .. expiresAt .. expiresAt .. deadlineAndCreatedAt .. rest, 'PX', ttl)
  if not header then
    prune(bucket, bucket)
    if identity ~= '' then prune(bucket .. '@' .. identity, bucket) end
  elseif former ~= '' and former ~= identity then
    redis.call('ZREM', bucket .. '@' .. former, member)
  end
  return 1
end

local function replace(key, head, rest, header)
  local expiresAt, deadline = string.sub(head, 1, 16), string.sub(header, 38, 53)
  if expiresAt > deadline then expiresAt = deadline end
  return store(key, expiresAt, string.sub(header, 38, 70), rest, header)
end

local writes = {}

-- Also what another application had put there.
function writes.put(key, head, rest)
  local ok, header = pcall(headerOf, key)
  return store(key, string.sub(head, 1, 16), string.sub(head, 17), rest, ok and header or nil)
end

-- A version is given out once: where it is stored already, this very write has been applied, and is being repeated by a
-- client that lost its connection before the answer came.
function writes.insert(key, head, rest)
  local header = headerOf(key)
  if header and isLive(header) then return versionOf(header, 71) == versionOf(rest, 1) and 1 or 0 end
  return store(key, string.sub(head, 1, 16), string.sub(head, 17), rest, header)
end

function writes.replace(key, head, rest)
  local header = liveHeader(key)
  return header and replace(key, head, rest, header) or 0
end

function writes.swap(key, head, rest, ifVersion, ifExpiresAt)
  local header = liveHeader(key)
  if not header then return 0 end
  local stored = versionOf(header, 71)
  if stored == versionOf(rest, 1) then return 1 end
  if stored ~= ifVersion or expiryOf(header) ~= ifExpiresAt then return 2 end
  return replace(key, head, rest, header)
end

function writes.touch(key, expiresAt)
  local header = liveHeader(key)
  if not header then return '' end
  local indexed, deadline = string.sub(header, 22, 37), string.sub(header, 38, 53)
  if expiresAt > deadline then expiresAt = deadline end
  local expiresMs = tonumber(expiresAt)
  local ttl, lag = ttlOf(expiresMs), expiresMs - tonumber(indexed)
  if lag >= 0 and lag <= lagOf(ttl) then
    redis.call('SETRANGE', key, 5, expiresAt)
  else
    local bucket, member = partsOf(key)
    addToIndexes(bucket, identityOf(header), member, expiresAt, ttl)
    redis.call('SETRANGE', key, 5, expiresAt .. expiresAt)
  end
  redis.call('PEXPIRE', key, ttl)
  return expiresAt
end

function writes.delete(key)
  local ok, header = pcall(headerOf, key)
  if ok and not header then return 0 end
  local bucket, member = partsOf(key)
  redis.call('DEL', key)
  removeFromIndexes(bucket, ok and identityOf(header) or '', member)
  return ok and isLive(header) and 1 or 0
end

function writes.take(key)
  local value = redis.call('GET', key)
  if not value then return '' end
  local bucket, member = partsOf(key)
  redis.call('DEL', key)
  removeFromIndexes(bucket, '', member)
  return value
end

function writes.rotate(key, newKey)
  local header = liveHeader(key)
  if not header then return '' end
  if redis.call('EXISTS', newKey) == 1 then return 'taken' end
  local bucket, member = partsOf(key)
  local newBucket, newMember = partsOf(newKey)
  local identity, indexed = identityOf(header), string.sub(header, 22, 37)
  addToIndexes(newBucket, identity, newMember, indexed, ttlOf(tonumber(expiryOf(header))))
  redis.call('RENAME', key, newKey)
  removeFromIndexes(bucket, identity, member)
  return redis.call('GET', newKey)
end

-- ARGV from 2 on: the kind of each write and what it takes. KEYS: the record of each write, of a rotation the new one too,
-- and then on a Cluster the bucket, so that a slot that is on the move is left alone.
local takes = { put = 2, insert = 2, replace = 2, swap = 4, touch = 1, delete = 0, take = 0, rotate = 0 }
local outcomes = {}
local keyAt, at = 1, 2
while at <= #ARGV do
  local kind, key = ARGV[at], KEYS[keyAt]
  local ok, outcome
  if kind == 'rotate' then
    ok, outcome = pcall(writes.rotate, key, KEYS[keyAt + 1])
    keyAt = keyAt + 2
  else
    ok, outcome = pcall(writes[kind], key, ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
    keyAt = keyAt + 1
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
for _, bucket in ipairs(KEYS) do
  live = live + redis.call('ZCOUNT', bucket, '(' .. now, '+inf')
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', bucket, nowMs - maxLagMs, now)) do
    local header = textOf('GETRANGE', bucket .. ':' .. member, 0, 20)
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
      local header = textOf('GETRANGE', key, 0, 180)
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
    local header = textOf('GETRANGE', key, 0, 180)
    if header and isLive(header) then
      local expiresAt = expiryOf(header)
      addToIndexes(bucket, identityOf(header), member, expiresAt, ttlOf(tonumber(expiresAt)))
      redis.call('SETRANGE', key, 21, expiresAt)
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
