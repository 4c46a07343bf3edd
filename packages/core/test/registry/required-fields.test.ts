import { describe, expect, test } from 'vitest'
import { parseOptions, storeConfig, text } from '../../src/config/index.ts'

const config = storeConfig({ uri: text(), table: text() }, { required: ['uri'] })

describe('a field that a configuration requires', () => {
  test.each([{}, { uri: null }, { uri: undefined }, undefined])('is missed by its name: %o', (options) => {
    expect(() => parseOptions('acme', config, options as never)).toThrow(
      expect.objectContaining({ code: 'SESS_CONFIG', message: expect.stringContaining('- uri is required') }),
    )
  })

  test('is missed beside every other problem', () => {
    expect(() => parseOptions('acme', config, { tabel: 'a' } as never)).toThrow(/unknown key[\s\S]*uri is required/)
  })

  test('may not be left out by type either', () => {
    // @ts-expect-error: uri is required
    expect(() => parseOptions('acme', config, { table: 'a' })).toThrow('uri is required')
    expect(parseOptions('acme', config, { uri: 'u' }).uri satisfies string).toBe('u')
  })
})
