/** Does the writes of a batch, each by itself, and answers with what came of each. It follows `recordLua`. */
export const writeLua = `
local function headerOf(key)
  local header = redis.call('GETRANGE', key, '0', '180')
  if header == '' then return nil end
  if string.sub(header, 1, 5) ~= 'sess1' then error('CORRUPT', 0) end
  return header
end

local function liveHeader(key)
  local header = headerOf(key)
  return header and isLive(header) and header or nil
end

local function deadlineOf(text)
  return string.sub(text, 38, 53)
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
  local expired = redis.pcall('ZRANGEBYSCORE', index, '-inf', now, 'LIMIT', '0', '2')
  for _, member in ipairs(expired) do
    if redis.pcall('EXISTS', bucket .. ':' .. member) == 0 then redis.pcall('ZREM', index, member) end
  end
end

-- The first operand of a write: expiresAt, the earliest instant by which it may stay indexed, the TTL with 13 digits.
local function timesOf(times)
  return string.sub(times, 1, 16), string.sub(times, 17, 32), string.sub(times, 33)
end

-- Writes a record over what may have been there: header. constant is its deadline and createdAt, rest all that follows.
local function store(key, times, constant, rest, header)
  local expiresAt, earliest, ttl = timesOf(times)
  local former
  if header then
    local indexed = indexedOf(header)
    former = identityOf(header)
    if indexed >= earliest and indexed <= expiresAt and string.sub(rest, 1, #former + 1) == former .. ' ' then
      redis.call('SET', key, 'sess1' .. expiresAt .. indexed .. constant .. rest, 'PX', ttl)
      return 1
    end
  end
  local bucket, member = partsOf(key)
  local identity = string.sub(rest, 1, string.find(rest, ' ', 1, true) - 1)
  addToIndexes(bucket, identity, member, expiresAt, expiresAt)
  redis.call('SET', key, 'sess1' .. expiresAt .. expiresAt .. constant .. rest, 'PX', ttl)
  if not header then
    prune(bucket, bucket)
    if identity ~= '' then prune(bucket .. '@' .. identity, bucket) end
  elseif former ~= '' and former ~= identity then
    redis.call('ZREM', bucket .. '@' .. former, member)
  end
  return 1
end

-- The times of a write that the stored deadline cuts short.
local function cutAt(deadline, times)
  if string.sub(times, 1, 16) <= deadline then return times end
  return deadline .. deadline .. string.format('%d', math.max(1000, tonumber(deadline) - nowMs))
end

local function overwrite(key, times, rest, header)
  return store(key, cutAt(deadlineOf(header), times), string.sub(header, 38, 70), rest, header)
end

local writes = {}
local keyAt = 1

-- Also what another application had put there.
function writes.put(key, times, constant, rest)
  local ok, header = pcall(headerOf, key)
  return store(key, times, constant, rest, ok and header or nil)
end

-- A version is given out once: where it is stored already, this very write has been applied, and is being repeated by a
-- client that lost its connection before the answer came.
function writes.insert(key, times, constant, rest)
  local header = headerOf(key)
  if header and isLive(header) then return versionOf(header, 71) == versionOf(rest, 1) and 1 or 0 end
  return store(key, times, constant, rest, header)
end

function writes.replace(key, times, rest)
  local header = liveHeader(key)
  return header and overwrite(key, times, rest, header) or 0
end

function writes.swap(key, times, rest, ifExpiresAt, ifVersion)
  local header = liveHeader(key)
  if not header then return 0 end
  local stored = versionOf(header, 71)
  if stored == versionOf(rest, 1) then return 1 end
  if stored ~= ifVersion or expiryOf(header) ~= ifExpiresAt then return 2 end
  return overwrite(key, times, rest, header)
end

function writes.touch(key, times)
  local header = liveHeader(key)
  if not header then return '' end
  local expiresAt, earliest, ttl = timesOf(cutAt(deadlineOf(header), times))
  local indexed = indexedOf(header)
  if indexed >= earliest and indexed <= expiresAt then
    redis.call('SETRANGE', key, '5', expiresAt)
  else
    local bucket, member = partsOf(key)
    addToIndexes(bucket, identityOf(header), member, expiresAt, expiresAt)
    redis.call('SETRANGE', key, '5', expiresAt .. expiresAt)
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

function writes.rotate(key)
  local newKey = KEYS[keyAt + 1]
  local header = liveHeader(key)
  if not header then return '' end
  if redis.call('EXISTS', newKey) == 1 then return 'taken' end
  local bucket, member = partsOf(key)
  local newBucket, newMember = partsOf(newKey)
  addToIndexes(newBucket, identityOf(header), newMember, indexedOf(header), expiryOf(header))
  redis.call('RENAME', key, newKey)
  removeFromIndexes(bucket, identityOf(header), member)
  return redis.call('GET', newKey)
end

-- ARGV from 2 on: the kind of each write and what it takes. KEYS: the record of each, of a rotation the new one too, and then on
-- a Cluster the bucket, so that a slot that is on the move is left alone.
local takes = { put = 3, insert = 3, replace = 2, swap = 4, touch = 1, delete = 0, take = 0, rotate = 0 }
local outcomes = {}
local at = 2
while at <= #ARGV do
  local kind = ARGV[at]
  local ok, outcome = pcall(writes[kind], KEYS[keyAt], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
  if not ok then
    local reason = type(outcome) == 'table' and outcome.err or tostring(outcome)
    -- Nothing has been written, and nothing will be: a replica, no memory. Then the script fails as a whole.
    if at == 2 and reason ~= 'CORRUPT' and not string.find(reason, '^WRONGTYPE') then return { err = reason } end
    outcome = '!' .. reason
  end
  outcomes[#outcomes + 1] = outcome
  at = at + 1 + takes[kind]
  keyAt = keyAt + (kind == 'rotate' and 2 or 1)
end
return outcomes
`
