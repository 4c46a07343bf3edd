import { luaForm, versionEnd } from './record-text.ts'

/**
 * Does what is usual: a `replace`, `compareAndSwap` or `touch` of a live session that moves no index. KEYS are the records
 * alone. What it leaves undone it answers with nil, and `writeLua` does that. It is a script of its own, as a server runs a
 * script's whole body at each call: the functions of the other would cost a lone write a quarter of its time.
 *
 * ARGV[2] has a letter per write, its kind. From ARGV[3] on each has its operands, as in `writeLua`. The answer to one is the
 * stored expiresAt, for a `touch`, or expiresAt, deadline and createdAt, or `conflict`.
 */
export const usualWriteLua = `
local try, sub, find = redis.pcall, string.sub, string.find
local now, kinds = ARGV[1], ARGV[2]
local outcomes, at = {}, 3

for index = 1, #kinds do
  local key, kind = KEYS[index], sub(kinds, index, index)
  local times = ARGV[at]
  local stored = try('GETRANGE', key, '0', '${versionEnd}')
  local outcome, known, to, identity, version = false, nil, nil, nil, nil
  if type(stored) == 'string' and sub(stored, 6, 21) > now then
    known, to, identity, version = find(stored, '${luaForm}')
  end
  local fits = known and (times == '' or sub(stored, 22, 37) == sub(times, 17, 32) and sub(stored, 38, 53) >= sub(times, 1, 16))
  if kind == 't' then
    at = at + 1
    if fits and type(try('SETRANGE', key, '5', sub(times, 1, 16))) == 'number'
      and try('PEXPIRE', key, sub(times, 33)) == 1 then
      outcome = sub(times, 1, 16)
    end
  else
    local isSwap = kind == 'c'
    at = at + (isSwap and 3 or 2)
    local rest = ARGV[at - 1]
    if known and isSwap and ARGV[at - 2] ~= version then
      -- Where its own version is stored it has been applied.
      local before = find(rest, ' ', 1, true)
      if sub(rest, before + 1, before + #version + 1) ~= version .. ' ' then outcome = 'conflict' end
    elseif fits and sub(rest, 1, #identity + 1) == identity .. ' ' then
      local head = times == '' and sub(stored, 6, 37) or sub(times, 1, 32)
      local value = 'sess1' .. head .. sub(stored, 38, 76) .. rest
      local set = times == '' and try('SET', key, value, 'KEEPTTL') or try('SET', key, value, 'PX', sub(times, 33))
      if set.ok then outcome = sub(head, 1, 16) .. sub(stored, 38, 70) end
    end
  end
  outcomes[index] = outcome
end
return outcomes
`
