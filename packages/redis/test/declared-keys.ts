import { createHash } from 'node:crypto'
import type { Script } from '../src/scripts.ts'

/**
 * A debug build of a script: it fails where a command names a key that the script was not called with. Every text that begins
 * as the keys of the store do counts as one.
 */
export function watched({ lua }: Script, beginning: string): Script {
  const guarded = `
local server, declared = redis, {}
for _, key in ipairs(KEYS) do declared[key] = true end
local function checked(...)
  for _, argument in ipairs({ ... }) do
    if string.sub(tostring(argument), 1, ${beginning.length}) == '${beginning}' and not declared[argument] then
      error('UNDECLARED key', 0)
    end
  end
end
local redis = setmetatable({
  call = function(...) checked(...) return server.call(...) end,
  pcall = function(...) checked(...) return server.pcall(...) end,
}, { __index = server })
${lua}`
  return { lua: guarded, sha: createHash('sha1').update(guarded).digest('hex') }
}
