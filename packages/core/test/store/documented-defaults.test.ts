import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { durationMs } from '../../src/contract/durations.ts'
import { resolveOptions } from '../../src/store/resolve-options.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const section = readme.slice(
  readme.indexOf('## Options of every store'),
  readme.indexOf('\n## ', readme.indexOf('## Options of every store') + 1),
)
/** Option to default, as the README's table has them. */
const documented = new Map(
  [...section.matchAll(/^\| `(\w+)` \|[^|]*\| ([^|]*) \|/gm)].map(([, name, text]) => [name, text]),
)

const options = resolveOptions('test', {}, false)
const ms = (text: string) => durationMs(text.replace(/[`']/g, ''))
const count = (text: string) => {
  const [, digits = '', unit] = /^([\d,]+)( MiB)?$/.exec(text) ?? []
  return Number(digits.replaceAll(',', '')) * (unit ? 1024 * 1024 : 1)
}

it.each<[name: string, actual: unknown, read: (text: string) => unknown]>([
  ['ttl', options.ttlMs, ms],
  ['ids', options.ids, (text) => text.replace(/[`']/g, '')],
  ['timeoutMs', options.timeoutMs, count],
  ['updateTimeoutMs', options.updateTimeoutMs, count],
  ['maxBytes', options.maxBytes, count],
  ['cleanupInterval', options.cleanupIntervalMs, ms],
  ['coalesce', options.coalesce, (text) => text === 'true'],
  ['maxPending', options.maxPending, count],
  ['maxPendingBytes', options.maxPendingBytes, count],
])('the default of %s is what the README says', (name, actual, read) => {
  expect(read(documented.get(name) ?? '')).toEqual(actual)
})
