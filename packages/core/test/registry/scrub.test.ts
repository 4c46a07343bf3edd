import { expect, test } from 'vitest'
import { scrub } from '../../src/registry/scrub.ts'

test.each([
  ['a string, wherever it stands', 'got "hunter2!"', { password: 'hunter2' }, 'got "***!"'],
  ['a string deep inside', 'got hunter2', { a: [{ b: 'hunter2' }] }, 'got ***'],
  ['a bare config', 'got hunter2', 'hunter2', 'got ***'],
  ['a number', 'got 12345', { pin: 12345 }, 'got ***'],
  ['an escaped string', 'got "a\\"b\\nc"', { password: 'a"b\nc' }, 'got "***"'],
  ['a percent-encoded string', 'got p%40ss', { password: 'p@ss' }, 'got ***'],
  ['the password of a URL', 'got hunter2', { url: 'redis://:hunter2@host' }, 'got ***'],
  ['the decoded password of a URL', 'got p@ss', { url: 'redis://u:p%40ss@host' }, 'got ***'],
  ['a parameter of a URL', 'got hunter2', { url: 'redis://host?password=hunter2' }, 'got ***'],
  ['the longer of two strings first', 'got hunter22', { a: 'hunter', b: 'hunter22' }, 'got ***'],
  ['a short string that stands alone', 'got "ab"', { password: 'ab' }, 'got "***"'],
  ['a short string with signs', 'got $1', { password: '$1' }, 'got ***'],
])('takes out %s', (_, message, config, clean) => {
  expect(scrub(message, config)).toBe(clean)
})

test('leaves words alone that contain a short string, and everything for an empty one', () => {
  expect(scrub('is not a table', { password: 'a', user: '', db: 1 })).toBe('is not *** table')
})

test('survives a config that contains itself, and text that is not well formed', () => {
  const config: Record<string, unknown> = { password: 'hunter2', broken: '\ud800', url: 'redis://%zz@host' }
  config.self = config
  expect(scrub('got hunter2', config)).toBe('got ***')
})
