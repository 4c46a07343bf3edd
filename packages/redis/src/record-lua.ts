import { header } from './record-fields.ts'
import { headerBytes, luaForm, luaNewer, luaRest, maxLagMs, offsetOf, versionEnd } from './record-text.ts'

/**
 * The KEYS of a script lie in one slot of a Cluster, and a script touches no other key. Records that a script finds in an index
 * are read by a second call, which declares them. ARGV[1] is the store's own time, with 16 digits.
 *
 * Indexes are written before the record and removed after it. If a script is interrupted, an index may hold stale entries but
 * never misses one. Readers always check the record, and remove an entry that no record has.
 *
 * The score in the index by expiry may lag behind the record's expiresAt, so that a session in use writes to the index once in
 * 35 minutes. The score is never later than expiresAt. It is earlier by 35 minutes at most, and by an eighth of the remaining
 * time at most. The record holds the instant by which it is indexed.
 *
 * The arguments are most of the cost of a call, and a number costs three times as much as a string.
 */
export const recordLua = `
local now = ARGV[1]
local nowMs = tonumber(now)
local sub, find = string.sub, string.find

local function expiryOf(text)
  return sub(text, ${header.place('expiresAt')})
end

local function indexedOf(text)
  return sub(text, ${header.place('indexed')})
end

local function deadlineOf(text)
  return sub(text, ${header.place('deadline')})
end

-- How long the header is, fields of later layouts included.
local function lengthOf(text)
  return tonumber(sub(text, ${header.place('length')}), 36)
end

-- The answer to a write: expiresAt, deadline, createdAt, ttlMs.
local function timesIn(text)
  return sub(text, ${header.place('expiresAt')}) .. sub(text, ${header.place('deadline', 'createdAt')}) .. sub(text, ${header.place('ttlMs')})
end

local function identityOf(text)
  local at = lengthOf(text) + 1
  return sub(text, at, find(text, ' ', at, true) - 1)
end

local function versionOf(text, at)
  local before = find(text, ' ', at, true)
  return sub(text, before + 1, find(text, ' ', before + 1, true) - 1)
end

local function isLive(text)
  return expiryOf(text) > now
end

-- Nil where there is none. An error for a record that cannot be read: damaged, not written by sess, or by a later layout.
local function headerOf(key)
  local header = redis.call('GETRANGE', key, '0', '${versionEnd}')
  if header == '' and redis.call('EXISTS', key) == 0 then return nil end
  local isKnown = find(header, '${luaForm}') and lengthOf(header) >= ${headerBytes}
  if isKnown and find(header, '${luaRest}', lengthOf(header) + 1) then return header end
  error(find(header, '${luaNewer}') and 'NEWER' or 'CORRUPT', 0)
end

local function reasonOf(problem)
  return type(problem) == 'table' and problem.err or tostring(problem)
end

local function isWrongType(reason)
  return sub(reason, 1, 9) == 'WRONGTYPE'
end

-- Gives the header, or nil and the reason: 'none', 'foreign' (no string), 'newer' or 'damaged'. It throws every other error.
local function lookAt(key)
  local ok, header = pcall(headerOf, key)
  if ok then return header, 'none' end
  local reason = reasonOf(header)
  if reason == 'CORRUPT' then return nil, 'damaged' end
  if reason == 'NEWER' then return nil, 'newer' end
  if isWrongType(reason) then return nil, 'foreign' end
  error(header, 0)
end

-- No id has a brace, so the last one ends the hash tag.
local function memberOf(key)
  return sub(key, find(key, '}[^}]*$') + 2)
end

-- The entry of a record in its indexes.
local function entryOf(text, key)
  local identity = identityOf(text)
  if identity == '' then return '!' .. memberOf(key) end
  return sub(redis.sha1hex(identity), 1, 11) .. sub(text, ${header.place('series')}) .. memberOf(key)
end

local function isAnonymous(entry)
  return sub(entry, 1, 1) == '!'
end

-- True where the index by identity named it, too; always for one that is in none.
local function drop(byExpiry, byIdentity, entry)
  redis.call('ZREM', byExpiry, entry)
  return isAnonymous(entry) or redis.call('ZREM', byIdentity, entry) == 1
end

-- Removes an entry that is not that of the record which it names. Else it gives 'live', 'expired', 'damaged' or 'newer', and the header.
local function settle(key, byExpiry, byIdentity, entry)
  local header, instead = lookAt(key)
  if instead == 'damaged' or instead == 'newer' then return instead end
  if not header or entryOf(header, key) ~= entry then
    return drop(byExpiry, byIdentity, entry) and 'removed' or 'moved'
  end
  return isLive(header) and 'live' or 'expired', header
end

-- Gives the exact score to an entry that lags, so that nobody looks at it again before its time.
local function catchUp(key, byExpiry, entry, header)
  local expiresAt = expiryOf(header)
  if indexedOf(header) == expiresAt then return end
  local added = redis.pcall('ZADD', byExpiry, expiresAt, entry)
  -- A server without memory lets it lag.
  if type(added) == 'number' then redis.pcall('SETRANGE', key, '${offsetOf('indexed')}', expiresAt) end
end
`

/**
 * For scripts that are given what was found in indexes. KEYS: for each bucket its two indexes and then the records. From ARGV[3]
 * on: for each bucket how many records, and then their entries.
 */
export const entriesLua = `
local function eachEntry(visit)
  local keyAt, argAt = 1, 3
  while keyAt <= #KEYS do
    local byExpiry, byIdentity, count = KEYS[keyAt], KEYS[keyAt + 1], tonumber(ARGV[argAt])
    for n = 1, count do visit(KEYS[keyAt + 1 + n], byExpiry, byIdentity, ARGV[argAt + n]) end
    keyAt, argAt = keyAt + 2 + count, argAt + 1 + count
  end
end
`

/** For scripts that add to the indexes. `lasting` and `healing` are theirs to define. */
export const indexLua = `
-- An index outlives all that it names: by the lag of the last of its records, which is an eighth of the time that the record has
-- then, a seventh of this; and by some seconds, for clocks that differ. It gets as much again, so that few writes move its TTL.
local function keep(index, expiresAt)
  if lasting then return redis.call('PERSIST', index) end
  local ttl = math.max(1000, tonumber(expiresAt) - nowMs)
  local lag = math.ceil(math.min(${maxLagMs}, ttl / 7))
  local left = redis.call('PTTL', index)
  -- One that has been there without a TTL keeps doing without.
  if left < ttl + lag + 5000 and (left >= 0 or redis.call('ZCARD', index) == 1) then
    redis.call('PEXPIRE', index, ttl + 2 * lag + 5000)
  end
end

local function add(byExpiry, byIdentity, entry, score, expiresAt)
  redis.call('ZADD', byExpiry, score, entry)
  keep(byExpiry, expiresAt)
  if isAnonymous(entry) then return end
  redis.call('ZADD', byIdentity, '0', entry)
  keep(byIdentity, expiresAt)
end
`
