const src = 'packages/redis/src'
const [write, usual, record, text, scripts, writes] = [
  'write-lua',
  'usual-write-lua',
  'record-lua',
  'record-text',
  'scripts',
  'writes',
].map((name) => `${src}/${name}.ts`)

/** Mistakes in the scripts that Stryker cannot see, as they stand in strings, and in what is given to them. */
export const mutants = [
  // What is live.
  { file: record, find: 'return expiryOf(text) > now', replace: 'return expiryOf(text) >= now' },
  {
    file: usual,
    find: `sub(stored, \${header.place('expiresAt')}) > now`,
    replace: `sub(stored, \${header.place('expiresAt')}) >= now`,
  },
  {
    file: scripts,
    find: `string.sub(header, \${header.place('expiresAt')}) > ARGV[1]`,
    replace: `string.sub(header, \${header.place('expiresAt')}) >= ARGV[1]`,
  },
  // Conditions of a write.
  { file: write, find: "if stored ~= ARGV[arg + 1] then return 'conflict' end", replace: '' },
  { file: write, find: `if stored == versionOf(text, \${changed.after}) then return timesIn(header) end`, replace: '' },
  {
    file: write,
    find: "if versionOf(header, lengthOf(header) + 1) ~= ARGV[arg + 1] then return 'conflict' end",
    replace: '',
  },
  { file: write, find: "if redis.call('EXISTS', newKey) == 1 then return 'taken' end", replace: '' },
  { file: write, find: 'if not (header and isLive(header)) then return 0 end', replace: '' },
  { file: write, find: "if identity == '' or not find(' '", replace: "if not find(' '" },
  {
    file: write,
    find: "' ' .. identity .. ' ', 1, true) then return 0 end",
    replace: 'identity, 1, true) then return 0 end',
  },
  { file: usual, find: 'if known and isSwap and ARGV[operand - 2] ~= version then', replace: 'if false then' },
  {
    file: usual,
    find: "if sub(text, before + 1, before + #version + 1) ~= version .. ' ' then outcome",
    replace: 'do outcome',
  },
  {
    file: usual,
    find: `elseif fits and sub(text, \${changed.after}, #identity + \${changed.after}) == identity .. ' ' then`,
    replace: 'elseif fits then',
  },
  // What a write leaves as it is.
  {
    file: write,
    find: `sub(header, \${header.place('createdAt', 'series')}) .. ttlMs .. tail`,
    replace: `sub(header, \${header.place('createdAt', 'series')}) .. ttlMs`,
  },
  {
    file: write,
    find: `sub(header, \${header.place('layout', 'length')}), sub(text`,
    replace: `'\${magic}', sub(text`,
  },
  { file: write, find: 'if header then text = sub(text,', replace: 'if false then text = sub(text,' },
  {
    file: usual,
    find: `local set = times == '' and try('SET', key, value, 'KEEPTTL') or`,
    replace: `local set = times == '' and try('SET', key, value) or`,
  },
  { file: usual, find: `expires .. indexed .. seen)) == 'number'`, replace: `expires .. indexed)) == 'number'` },
  // The deadline and the times of a touch.
  {
    file: write,
    find: `if sub(times, \${times.place('expiresAt')}) <= deadline then return times end`,
    replace: 'do return times end',
  },
  {
    file: usual,
    find: ` and sub(stored, \${header.place('deadline')}) >= sub(head, \${times.place('expiresAt')})`,
    replace: '',
  },
  { file: text, find: 'if expires > deadline then', replace: 'if false then' },
  { file: text, find: 'if ttl == 0 then ttl = -own end', replace: '' },
  { file: text, find: 'if own < 0 then', replace: 'if true then' },
  { file: text, find: 'Math.max(1_000, Math.ceil(expiresAt - now))', replace: 'Math.ceil(expiresAt - now)' },
  // The server's own time.
  { file: write, find: `redis.call('PEXPIRE', key, sub(times, \${times.after}))`, replace: '' },
  { file: usual, find: "and try('PEXPIRE', key, left) == 1 then", replace: 'then' },
  { file: record, find: 'if left < ttl + lag + 5000 and', replace: 'if left < ttl and' },
  {
    file: record,
    find: "redis.call('PEXPIRE', index, ttl + 2 * lag + 5000)",
    replace: "redis.call('PEXPIRE', index, ttl)",
  },
  { file: record, find: "if lasting then return redis.call('PERSIST', index) end", replace: '' },
  {
    file: write,
    find: `if #times < \${times.after} then times = times .. ttlUntil(sub(times, \${times.place('expiresAt')})) end`,
    replace: '',
  },
  // The indexes.
  { file: record, find: "redis.call('ZADD', byIdentity, '0', entry)", replace: '' },
  { file: record, find: 'keep(byIdentity, expiresAt)', replace: '' },
  { file: record, find: "redis.call('ZADD', byExpiry, score, entry)", replace: '' },
  { file: write, find: 'if former then drop(byExpiry, byIdentity, former) end', replace: '' },
  {
    file: write,
    find: 'if healing or entry ~= former or indexed ~= indexedOf(header) then',
    replace: 'if entry ~= former then',
  },
  {
    file: write,
    find: 'if healing or indexedOf(header) ~= indexed then',
    replace: 'if indexedOf(header) ~= indexed then',
  },
  { file: usual, find: `sub(stored, \${header.place('indexed')}) == indexed`, replace: 'true' },
  {
    file: scripts,
    find: "if state == 'expired' or state == 'damaged' then",
    replace: "if state == 'expired' or state == 'damaged' or state == 'newer' then",
  },
  // What cannot be read.
  {
    file: record,
    find: "if reason == 'CORRUPT' then return nil, 'damaged' end",
    replace: "if reason == 'CORRUPT' then return nil, 'none' end",
  },
  {
    file: record,
    find: "if isWrongType(reason) then return nil, 'foreign' end",
    replace: "do return nil, 'foreign' end",
  },
  {
    file: `${src}/sessions-of-person.ts`,
    find: 'return !(record instanceof Error || isOfPerson(record))',
    replace: 'return record === null',
  },
  { file: writes, find: 'timesText(keepsExpiry ? null : expiresAt, now)', replace: 'timesText(expiresAt, now)' },
]
