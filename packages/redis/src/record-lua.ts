import { maxLagMs } from './record-text.ts'

/**
 * KEYS of every script are of one slot on a Cluster. What a script makes of a bucket's key (`bucket:key`,
 * `bucket@identityKey`) has the bucket's hash tag. ARGV[1] is the store's own time, with 16 digits.
 *
 * An index is written before its record and cleared after it: where a server stops a script half-way, an index names too
 * much rather than too little. Whoever goes by an index looks at the record.
 *
 * An index's score may lag behind its record's expiresAt, so that a session in use costs the index a write every 35
 * minutes: it is never later, and at most that much (or an eighth of the remaining time) earlier. The record says by which
 * instant it is indexed.
 *
 * What a call costs here is mostly its arguments, and a number costs three times what a text does.
 */
export const recordLua = `
local now = ARGV[1]
local nowMs = tonumber(now)

local function expiryOf(text)
  return string.sub(text, 6, 21)
end

local function indexedOf(text)
  return string.sub(text, 22, 37)
end

-- Empty for an anonymous session.
local function identityOf(text)
  return string.sub(text, 71, string.find(text, ' ', 71, true) - 1)
end

local function isLive(text)
  return expiryOf(text) > now
end

-- Of what another application put there, or another type, nothing.
local function textOf(command, key, ...)
  local text = redis.pcall(command, key, ...)
  return type(text) == 'string' and string.sub(text, 1, 5) == 'sess1' and text or nil
end

-- An index lives as long as a record that it lags behind: by an eighth of the time that the record has then, a seventh of this.
local function addTo(index, member, score, expiresAt)
  redis.call('ZADD', index, score, member)
  local ttl = math.max(1000, tonumber(expiresAt) - nowMs)
  local lifetime = math.ceil(ttl + math.min(${maxLagMs}, ttl / 7))
  if redis.call('PTTL', index) < lifetime then redis.call('PEXPIRE', index, lifetime) end
end

local function addToIndexes(bucket, identity, member, score, expiresAt)
  addTo(bucket, member, score, expiresAt)
  if identity ~= '' then addTo(bucket .. '@' .. identity, member, score, expiresAt) end
end

local function removeFromIndexes(bucket, identity, member)
  redis.call('ZREM', bucket, member)
  if identity ~= '' then redis.call('ZREM', bucket .. '@' .. identity, member) end
end
`
