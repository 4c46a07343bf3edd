import { changed, header, rotated, times, whole } from './record-fields.ts'
import { magic, offsetOf, touchLua } from './record-text.ts'

/**
 * Does writes of every kind, each by itself, and answers with the outcome of each. It follows `recordLua` and `indexLua`.
 *
 * ARGV[2] has a letter per write, its kind; ARGV[3] says what is done for the indexes on a server that may evict keys. From
 * ARGV[4] on each write has its operands, and its keys begin with its record and the two indexes of its bucket (a state has
 * one). `times` are expiresAt, the instant by which it is to be indexed and the TTL, or empty where the stored ones stay.
 *
 * After the answers come entries that may have outlived their records, each behind the number of a write to its bucket.
 */
export const writeLua = `
local kinds = ARGV[2]
local suspects, lookedAround = {}, {}
local current

local function liveHeader(key)
  local header = headerOf(key)
  return header and isLive(header) and header or nil
end

-- One new entry pays for old ones, whose records the server has expired.
local function lookAround(byExpiry)
  if lookedAround[byExpiry] then return end
  lookedAround[byExpiry] = true
  for _, entry in ipairs(redis.call('ZRANGEBYSCORE', byExpiry, '-inf', now, 'LIMIT', '0', '8')) do
    suspects[#suspects + 1] = current
    suspects[#suspects + 1] = entry
  end
end

-- Writes a record, also over another one, whose header is given then. start is the beginning of the new header. text is the
-- part of the record behind expiresAt and indexed: lastSeenAt, the fields that a replacement keeps, and the rest.
local function store(at, times, start, text, header)
  local key, byExpiry, byIdentity = KEYS[at], KEYS[at + 1], KEYS[at + 2]
  local expiresAt, indexed, ttl = sub(times, ${times.place('expiresAt')}), sub(times, ${times.place('indexed')}), sub(times, ${times.after})
  local value = start .. expiresAt .. indexed .. text
  local entry, former = entryOf(value, key), header and entryOf(header, key)
  if healing or entry ~= former or indexed ~= indexedOf(header) then
    add(byExpiry, byIdentity, entry, indexed, expiresAt)
  end
  if ttl == '' then redis.call('SET', key, value, 'KEEPTTL') else redis.call('SET', key, value, 'PX', ttl) end
  if entry ~= former then
    if former then drop(byExpiry, byIdentity, former) end
    lookAround(byExpiry)
  end
  return timesIn(value)
end

-- The same for a whole record, which keeps its place among those of its person.
local function storeWhole(at, times, text, header)
  if header then text = sub(text, ${whole.place('lastSeenAt', 'createdAt')}) .. sub(header, ${header.place('series')}) .. sub(text, ${whole.from('ttlMs')}) end
  return store(at, times, '${magic}', text, header)
end

local function ttlUntil(instant)
  return string.format('%d', math.max(1000, tonumber(instant) - nowMs))
end

-- The times of a write over header, with a deadline that may cut them short. Without a TTL the record keeps the one that it has.
local function timesOver(header, times, deadline)
  if times == '' then times = sub(header, ${header.place('expiresAt', 'indexed')}) end
  if sub(times, ${times.place('expiresAt')}) <= deadline then return times end
  return deadline .. deadline .. ttlUntil(deadline)
end

-- text is lastSeenAt, and then the part behind the header.
local function overwrite(at, times, text, header)
  local kept = sub(header, ${header.from('deadline')}, lengthOf(header))
  return store(at, timesOver(header, times, deadlineOf(header)), sub(header, ${header.place('layout', 'length')}), sub(text, ${changed.place('lastSeenAt')}) .. kept .. sub(text, ${changed.after}), header)
end

local function timesOfTouch(stored, seen, own)
  ${touchLua}
  return expires .. indexed .. left
end

local writes = {}

-- It replaces a value of another application, too. Nobody knows which entries a damaged record had.
function writes.p(at, arg)
  local header, instead = lookAt(KEYS[at])
  storeWhole(at, ARGV[arg], ARGV[arg + 1], header)
  return (instead == 'damaged' or instead == 'newer') and 'damaged' or 1
end
writes.P = writes.p

-- A put over a live session alone. Where its own version is stored it has been applied.
function writes.q(at, arg)
  local header = lookAt(KEYS[at])
  if not (header and isLive(header)) then return 0 end
  storeWhole(at, ARGV[arg], ARGV[arg + 1], header)
  return 1
end

-- A version is given out once: where it is stored already, this very write has been applied, and is being repeated by a
-- client that lost its connection before the answer came.
function writes.i(at, arg)
  local text = ARGV[arg + 1]
  local header = headerOf(KEYS[at])
  if header and isLive(header) then
    return versionOf(header, lengthOf(header) + 1) == versionOf(text, ${whole.after}) and 1 or 0
  end
  storeWhole(at, ARGV[arg], text, header)
  return 1
end

function writes.r(at, arg)
  local header = liveHeader(KEYS[at])
  return header and overwrite(at, ARGV[arg], ARGV[arg + 1], header) or 'gone'
end

function writes.c(at, arg)
  local header = liveHeader(KEYS[at])
  if not header then return 'gone' end
  local stored, text = versionOf(header, lengthOf(header) + 1), ARGV[arg + 2]
  if stored == versionOf(text, ${changed.after}) then return timesIn(header) end
  if stored ~= ARGV[arg + 1] then return 'conflict' end
  return overwrite(at, ARGV[arg], text, header)
end

function writes.t(at, arg)
  local key, seen, own = KEYS[at], ARGV[arg], tonumber(ARGV[arg + 1])
  local header = liveHeader(key)
  if not header then return 'gone' end
  local times = timesOfTouch(header, seen, own)
  local expiresAt, indexed = sub(times, ${times.place('expiresAt')}), sub(times, ${times.place('indexed')})
  if healing or indexedOf(header) ~= indexed then
    add(KEYS[at + 1], KEYS[at + 2], entryOf(header, key), indexed, expiresAt)
  end
  redis.call('SETRANGE', key, '${offsetOf('expiresAt')}', expiresAt .. indexed .. seen)
  redis.call('PEXPIRE', key, sub(times, ${times.after}))
  return expiresAt
end

function writes.d(at)
  local key = KEYS[at]
  local header, instead = lookAt(key)
  if not header and instead == 'none' then return 0 end
  redis.call('DEL', key)
  if not header then return 'damaged' end
  drop(KEYS[at + 1], KEYS[at + 2], entryOf(header, key))
  return isLive(header) and 1 or 0
end

-- A removal of a session that must be of one of these identities.
function writes.x(at, arg)
  local key = KEYS[at]
  local header = lookAt(key)
  if not header then return 0 end
  local identity = identityOf(header)
  if identity == '' or not find(' ' .. ARGV[arg] .. ' ', ' ' .. identity .. ' ', 1, true) then return 0 end
  redis.call('DEL', key)
  drop(KEYS[at + 1], KEYS[at + 2], entryOf(header, key))
  return isLive(header) and 1 or 0
end

-- Consumes a state.
function writes.k(at)
  local value = redis.call('GET', KEYS[at])
  if not value then return 'gone' end
  redis.call('DEL', KEYS[at])
  drop(KEYS[at + 1], nil, '!' .. memberOf(KEYS[at]))
  return value
end

-- The record, with its keys, at the end of its keys.
function writes.o(at, arg)
  local key, newKey, text = KEYS[at], KEYS[at + 3], ARGV[arg + 2]
  local seen, deadline = sub(text, ${rotated.place('lastSeenAt')}), sub(text, ${rotated.place('deadline')})
  local ttlMs, rest = sub(text, ${rotated.place('ttlMs')}), sub(text, ${rotated.after})
  local header = liveHeader(key)
  if not header then
    local moved = lookAt(newKey)
    -- This very write has been applied, and is being repeated.
    local isOwn = moved and isLive(moved) and versionOf(moved, lengthOf(moved) + 1) == versionOf(rest, 1)
    return isOwn and timesIn(moved) or 'gone'
  end
  if versionOf(header, lengthOf(header) + 1) ~= ARGV[arg + 1] then return 'conflict' end
  if redis.call('EXISTS', newKey) == 1 then return 'taken' end
  local times = timesOver(header, ARGV[arg], deadline)
  if #times < ${times.after} then times = times .. ttlUntil(sub(times, ${times.place('expiresAt')})) end
  local tail = sub(header, ${header.after}, lengthOf(header))
  local whole = seen .. deadline .. sub(header, ${header.place('createdAt', 'series')}) .. ttlMs .. tail .. rest
  local stored = store(at + 3, times, sub(header, ${header.place('layout', 'length')}), whole, nil)
  redis.call('DEL', key)
  drop(KEYS[at + 1], KEYS[at + 2], entryOf(header, key))
  return stored
end

-- Looks at an entry that may have outlived its record.
function writes.h(at, arg)
  local state, header = settle(KEYS[at], KEYS[at + 1], KEYS[at + 2], ARGV[arg])
  if state == 'live' then catchUp(KEYS[at], KEYS[at + 1], ARGV[arg], header) end
  return 1
end
writes.H = writes.h

local keyCounts = { o = 6, P = 2, k = 2, H = 2 }
local operandCounts = { c = 3, o = 3, x = 1, h = 1, H = 1, d = 0, k = 0 }
local outcomes, keyAt, argAt = {}, 1, 4
for index = 1, #kinds do
  local kind = sub(kinds, index, index)
  current = index
  -- The failure of one says nothing about the others.
  local ok, outcome = pcall(writes[kind], keyAt, argAt)
  outcomes[index] = ok and outcome or '!' .. reasonOf(outcome)
  keyAt, argAt = keyAt + (keyCounts[kind] or 3), argAt + (operandCounts[kind] or 2)
end
for _, suspect in ipairs(suspects) do outcomes[#outcomes + 1] = suspect end
return outcomes
`
