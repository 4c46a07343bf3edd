import { changed, header, times } from './record-fields.ts'
import { headerBytes, luaForm, luaRest, offsetOf, touchLua, versionEnd } from './record-text.ts'

/**
 * Does the usual writes: a `replace`, `compareAndSwap` or `touch` of a live session that moves no index. KEYS are the records
 * alone. Nil answers a write that it leaves undone, and `writeLua` does that one. A server runs a script's whole body at each
 * call, and the functions of `writeLua` would cost a lone write a quarter of its time. So this is a script of its own.
 *
 * ARGV[2] has a letter per write, its kind. From ARGV[3] on each has its operands, as in `writeLua`. The answer to one is the
 * stored expiresAt, for a `touch`, or expiresAt, deadline, createdAt and ttlMs, or `conflict`.
 */
export const usualWriteLua = `
local try, sub, find = redis.pcall, string.sub, string.find
local now, kinds = ARGV[1], ARGV[2]
local outcomes, operand = {}, 3

for index = 1, #kinds do
  local key, kind = KEYS[index], sub(kinds, index, index)
  local stored = try('GETRANGE', key, '0', '${versionEnd}')
  local outcome, known, to, identity, version, length = false, nil, nil, nil, nil, nil
  if type(stored) == 'string' and sub(stored, ${header.place('expiresAt')}) > now and find(stored, '${luaForm}') then
    length = tonumber(sub(stored, ${header.place('length')}), 36)
    if length >= ${headerBytes} then known, to, identity, version = find(stored, '${luaRest}', length + 1) end
  end
  if kind == 't' then
    local seen, own = ARGV[operand], tonumber(ARGV[operand + 1])
    operand = operand + 2
    if known then
      ${touchLua}
      if sub(stored, ${header.place('indexed')}) == indexed
        and type(try('SETRANGE', key, '${offsetOf('expiresAt')}', expires .. indexed .. seen)) == 'number'
        and try('PEXPIRE', key, left) == 1 then
        outcome = expires
      end
    end
  else
    local times, isSwap = ARGV[operand], kind == 'c'
    operand = operand + (isSwap and 3 or 2)
    local text = ARGV[operand - 1]
    local head = times ~= '' and sub(times, ${times.place('expiresAt', 'indexed')}) or known and sub(stored, ${header.place('expiresAt', 'indexed')})
    local fits = known and sub(stored, ${header.place('indexed')}) == sub(head, ${times.from('indexed')}) and sub(stored, ${header.place('deadline')}) >= sub(head, ${times.place('expiresAt')})
    if known and isSwap and ARGV[operand - 2] ~= version then
      -- Where its own version is stored it has been applied.
      local before = find(text, ' ', ${changed.after}, true)
      if sub(text, before + 1, before + #version + 1) ~= version .. ' ' then outcome = 'conflict' end
    elseif fits and sub(text, ${changed.after}, #identity + ${changed.after}) == identity .. ' ' then
      local kept = sub(stored, ${header.from('deadline')}, length)
      local value = sub(stored, ${header.place('layout', 'length')}) .. head .. sub(text, ${changed.place('lastSeenAt')}) .. kept .. sub(text, ${changed.after})
      local set = times == '' and try('SET', key, value, 'KEEPTTL') or try('SET', key, value, 'PX', sub(times, ${times.after}))
      if set.ok then
        outcome = sub(head, ${times.place('expiresAt')}) .. sub(stored, ${header.place('deadline', 'createdAt')}) .. sub(stored, ${header.place('ttlMs')})
      end
    end
  end
  outcomes[index] = outcome
end
return outcomes
`
