import { versionEnd } from './record-text.ts'

/** Does the writes that `usualWriteLua` has left, each by itself, and answers with what came of each. It follows `recordLua`. */
export const writeLua = `
local function headerOf(key)
  local header = redis.call('GETRANGE', key, '0', '${versionEnd}')
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

local function timesIn(text)
  return string.sub(text, 6, 21) .. string.sub(text, 38, 70)
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

local function timesOf(times)
  return string.sub(times, 1, 16), string.sub(times, 17, 32), string.sub(times, 33)
end

-- Writes a record over what may have been there: header. constant is its deadline and createdAt, rest all that follows.
local function store(key, times, constant, rest, header)
  local expiresAt, indexed, ttl = timesOf(times)
  local value = 'sess1' .. expiresAt .. indexed .. constant .. rest
  local stored = expiresAt .. constant
  local identity = string.sub(rest, 1, string.find(rest, ' ', 1, true) - 1)
  local former = header and identityOf(header)
  if header and indexedOf(header) == indexed and former == identity then
    redis.call('SET', key, value, 'PX', ttl)
    return stored
  end
  local bucket, member = partsOf(key)
  addToIndexes(bucket, identity, member, indexed, expiresAt)
  redis.call('SET', key, value, 'PX', ttl)
  if not header then
    prune(bucket, bucket)
    if identity ~= '' then prune(bucket .. '@' .. identity, bucket) end
  elseif former ~= '' and former ~= identity then
    redis.call('ZREM', bucket .. '@' .. former, member)
  end
  return stored
end

local function ttlUntil(instant)
  return string.format('%d', math.max(1000, tonumber(instant) - nowMs))
end

-- Those of a write that leaves the expiry as it is.
local function keptTimes(header)
  return string.sub(header, 6, 37) .. ttlUntil(expiryOf(header))
end

-- The times of a write that a deadline cuts short.
local function cutAt(deadline, times)
  if string.sub(times, 1, 16) <= deadline then return times end
  return deadline .. deadline .. ttlUntil(deadline)
end

local function overwrite(key, times, rest, header)
  if times == '' then times = keptTimes(header) end
  return store(key, cutAt(deadlineOf(header), times), string.sub(header, 38, 70), rest, header)
end

local writes = {}
local rotations = 0

-- Also what another application had put there.
function writes.p(key, times, text)
  local ok, header = pcall(headerOf, key)
  store(key, times, string.sub(text, 1, 33), string.sub(text, 34), ok and header or nil)
  return 1
end

-- A version is given out once: where it is stored already, this very write has been applied, and is being repeated by a
-- client that lost its connection before the answer came.
function writes.i(key, times, text)
  local header = headerOf(key)
  if header and isLive(header) then return versionOf(header, 71) == versionOf(text, 34) and 1 or 0 end
  store(key, times, string.sub(text, 1, 33), string.sub(text, 34), header)
  return 1
end

function writes.r(key, times, rest)
  local header = liveHeader(key)
  return header and overwrite(key, times, rest, header) or ''
end

-- Its times are followed by the version of the record that it may replace.
function writes.s(key, timesAndVersion, rest)
  local times, ifVersion = string.match(timesAndVersion, '^(%d*) (.*)$')
  local header = liveHeader(key)
  if not header then return 'gone' end
  local stored = versionOf(header, 71)
  if stored == versionOf(rest, 1) then return timesIn(header) end
  if stored ~= ifVersion then return 'conflict' end
  return overwrite(key, times, rest, header)
end

function writes.t(key, times)
  local header = liveHeader(key)
  if not header then return '' end
  local expiresAt, indexed, ttl = timesOf(cutAt(deadlineOf(header), times))
  if indexedOf(header) ~= indexed then
    local bucket, member = partsOf(key)
    addToIndexes(bucket, identityOf(header), member, indexed, expiresAt)
  end
  redis.call('SETRANGE', key, '5', expiresAt .. indexed)
  redis.call('PEXPIRE', key, ttl)
  return expiresAt
end

function writes.d(key)
  local ok, header = pcall(headerOf, key)
  if ok and not header then return 0 end
  local bucket, member = partsOf(key)
  redis.call('DEL', key)
  removeFromIndexes(bucket, ok and identityOf(header) or '', member)
  return ok and isLive(header) and 1 or 0
end

function writes.k(key)
  local value = redis.call('GET', key)
  if not value then return '' end
  local bucket, member = partsOf(key)
  redis.call('DEL', key)
  removeFromIndexes(bucket, '', member)
  return value
end

-- The new keys follow those of all records.
function writes.o(key, timesAndVersion, text)
  rotations = rotations + 1
  local newKey = KEYS[#kinds + rotations]
  local times, ifVersion = string.match(timesAndVersion, '^(%d*) (.*)$')
  local deadline, rest = string.sub(text, 1, 16), string.sub(text, 17)
  local header = liveHeader(key)
  if not header then
    -- This very write has been applied, and is being repeated.
    local moved = liveHeader(newKey)
    return moved and versionOf(moved, 71) == versionOf(rest, 1) and timesIn(moved) or 'gone'
  end
  if versionOf(header, 71) ~= ifVersion then return 'conflict' end
  if redis.call('EXISTS', newKey) == 1 then return 'taken' end
  if times == '' then times = keptTimes(header) end
  local stored = store(newKey, cutAt(deadline, times), deadline .. string.sub(header, 54, 70), rest, nil)
  local bucket, member = partsOf(key)
  redis.call('DEL', key)
  removeFromIndexes(bucket, identityOf(header), member)
  return stored
end

for at, index in ipairs(later) do
  local kind = string.sub(kinds, index, index)
  local ok, outcome = pcall(writes[kind], KEYS[index], ARGV[1 + 2 * index], ARGV[2 + 2 * index])
  if not ok then
    local reason = type(outcome) == 'table' and outcome.err or tostring(outcome)
    -- Nothing has been written, and nothing will be: a replica, no memory. Then the script fails as a whole.
    if at == 1 and #later == #kinds and reason ~= 'CORRUPT' and not string.find(reason, '^WRONGTYPE') then
      return { err = reason }
    end
    outcome = '!' .. reason
  end
  outcomes[index] = outcome
end
return outcomes
`
