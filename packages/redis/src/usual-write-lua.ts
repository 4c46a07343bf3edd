import { identityEnd } from './record-text.ts'

/**
 * Begins the script of writes: it does what is usual, a `replace` or `touch` of a live session that moves no index, and
 * leaves the rest of the batch in `later`. Where all of it was usual, the script ends here: a server runs a script's whole
 * body at each call, so the functions that follow would otherwise be made for nothing, and cost a lone write a quarter of its time.
 *
 * ARGV[2] has a letter per write, its kind. From ARGV[3] on each has two operands: its times (expiresAt, the instant by which
 * it is to be indexed, the TTL) and its text. KEYS begin with the record of each write.
 */
export const usualWriteLua = `
local try, sub, find = redis.pcall, string.sub, string.find
local now, kinds = ARGV[1], ARGV[2]
local outcomes, later = {}, nil

for index = 1, #kinds do
  local key, kind = KEYS[index], sub(kinds, index, index)
  local times, outcome = ARGV[1 + 2 * index], nil
  if kind == 'r' then
    local rest = ARGV[2 + 2 * index]
    local afterIdentity = find(rest, ' ', 1, true)
    local stored = try('GETRANGE', key, '0', '${identityEnd}')
    if type(stored) == 'string' and sub(stored, 1, 5) == 'sess1' and sub(stored, 6, 21) > now
      and sub(stored, 22, 37) == sub(times, 17, 32) and sub(stored, 38, 53) >= sub(times, 1, 16)
      and sub(stored, 71, 70 + afterIdentity) == sub(rest, 1, afterIdentity)
      and try('SET', key, 'sess1' .. sub(times, 1, 32) .. sub(stored, 38, 70) .. rest, 'PX', sub(times, 33)).ok then
      outcome = sub(times, 1, 16) .. sub(stored, 38, 70)
    end
  elseif kind == 't' then
    local stored = try('GETRANGE', key, '0', '52')
    local expiresAt = sub(times, 1, 16)
    if type(stored) == 'string' and sub(stored, 1, 5) == 'sess1' and sub(stored, 6, 21) > now
      and sub(stored, 22, 37) == sub(times, 17, 32) and sub(stored, 38) >= expiresAt
      and type(try('SETRANGE', key, '5', expiresAt)) == 'number' and try('PEXPIRE', key, sub(times, 33)) == 1 then
      outcome = expiresAt
    end
  end
  if not outcome then
    later = later or {}
    later[#later + 1] = index
    outcome = false
  end
  outcomes[index] = outcome
end

if not later then return outcomes end
`
