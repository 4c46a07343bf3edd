import { expect, test } from 'vitest'
import { connectionsForWrites, parseDatabaseUrl } from '../src/index.ts'

test.each([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 3],
  [10, 8],
  [100, 75],
])('of %i connections, %i may be in use for writes', (connections, forWrites) => {
  expect(connectionsForWrites(connections)).toBe(forWrites)
})

test('a URL keeps the parameters of its connection, and gives the others as options', () => {
  const isOfConnection = (name: string) => name === 'ssl'
  expect(parseDatabaseUrl('db://app@host/app?ssl=a%26b&table=web&ttl=2h', isOfConnection)).toEqual({
    url: 'db://app@host/app?ssl=a%26b',
    table: 'web',
    ttl: '2h',
  })
  expect(parseDatabaseUrl('db://app@host/app', isOfConnection)).toEqual({ url: 'db://app@host/app' })
  expect(() => parseDatabaseUrl('db://app@host/app?url=db://other', isOfConnection)).toThrow(TypeError)
})
