import assert from 'node:assert/strict'
import { describe, expect, it } from 'vitest'
import { isSessionError } from '../../src/contract/errors.ts'
import type { Identity } from '../../src/contract/session.ts'
import { decodePayload } from '../../src/store/encoding/codec.ts'
import { SessionCodec } from '../../src/store/encoding/session-codec.ts'

const codec = new SessionCodec({
  ids: 'hashed',
  maxBytes: 1024 * 1024,
  ttlMs: 1_000,
  seal: null,
  dataSchema: null,
  onInvalidData: 'error',
})
const times = { createdAt: 1, lastSeenAt: 1, authenticatedAt: null, expiresAt: 9, ttlMs: 8, deadline: null }
const encode = (identity: Identity | null, data: unknown) =>
  codec.encode('key', 'id', codec.prepare({ identity, data: data as object, ...times }))
const ada: Identity = { providerId: 'github', externalId: '1', attributes: { role: 'admin' } }

describe('an identity of another shape', () => {
  const wrong: [name: string, identity: unknown, message: string][] = [
    ['a text', 'ada', 'identity must be an object or null'],
    ['a list', [], 'identity must be an object or null'],
    ['no provider', { externalId: '1' }, 'identity.providerId must be a string'],
    [
      'a username alone',
      { username: 'ada' },
      "identity.providerId must be a string; username alone does not say who somebody is: give a directory of your own a name, { providerId: 'local', externalId: username, username }",
    ],
    ['a numeric externalId', { ...ada, externalId: 888 }, 'identity.externalId must be a string'],
    ['a null email', { ...ada, email: null }, 'identity.email must be a string, or left out'],
    ['a numeric username', { ...ada, username: 5 }, 'identity.username must be a string, or left out'],
    ['null attributes', { ...ada, attributes: null }, 'identity.attributes must be an object of strings, or left out'],
    [
      'a list of attributes',
      { ...ada, attributes: ['a'] },
      'identity.attributes must be an object of strings, or left out',
    ],
    ['a numeric attribute', { ...ada, attributes: { a: '1', age: 5 } }, 'identity.attributes.age must be a string'],
    [
      'a secret among the attributes',
      { ...ada, attributes: { ghp_16C7e42F292c6912: 5 } },
      'identity.attributes["ghp…"] must be a string',
    ],
  ]

  it.each(wrong)('is a TypeError that names the field: %s', (_name, identity, message) => {
    assert.throws(() => encode(identity as Identity, {}), {
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
      message,
    })
  })

  it.each([undefined, null, 'text', 5, []])('is not worse than data that is %j', (data) => {
    assert.throws(() => encode(null, data), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: 'data must be a plain object',
    })
  })
})

describe('a payload', () => {
  const identity = '{"providerId":"github","externalId":"1","attributes":{}}'

  it.each([
    ['a sign-in at no time', '{"identity":null,"data":{},"at":"now"}'],
    ['a field that no identity has', `{"identity":${identity.replace('{', '{"admin":true,')},"data":{}}`],
    ['a __proto__ beside the data', '{"identity":null,"data":{},"__proto__":{}}'],
    ['a __proto__ in the data', '{"identity":null,"data":{"a":[{"__proto__":{"admin":true}}]}}'],
    ['a __proto__ among the attributes', `{"identity":${identity.replace('{}', '{"__proto__":"a"}')},"data":{}}`],
    ['a numeric externalId', `{"identity":${identity.replace('"1"', '1')},"data":{}}`],
    ['a null email', `{"identity":${identity.replace('{', '{"email":null,')},"data":{}}`],
    ['an attribute that is no text', `{"identity":${identity.replace('{}', '{"a":1}')},"data":{}}`],
    ['no data', '{"identity":null}'],
    ['a list of data', '{"identity":null,"data":[]}'],
    ['no JSON', '{"identity":null,"data":{}'],
    ['nothing', ''],
  ])('is SESS_CORRUPT with %s', (_what, payload) => {
    assert.throws(
      () => decodePayload(payload),
      (error) => isSessionError(error, 'SESS_CORRUPT'),
    )
  })

  it('comes back as it was encoded, whatever was decoded before it', () => {
    for (const key of ['\\', '"', '\n', 'a\\', 'a"', '\r', '\f']) {
      const { record, payload } = encode(ada, { h: 1, [key]: { [key]: key } })
      assert.deepStrictEqual(decodePayload(record.payload), payload)
      decodePayload(encode(null, { h: [], [key]: 1 }).record.payload)
    }
  })

  it('may have a field that a later version adds', () => {
    expect(decodePayload('{"identity":null,"data":{},"later":1}')).toMatchObject({ identity: null, data: {} })
  })

  it('has attributes, also where none were written', () => {
    expect(decodePayload('{"identity":{"providerId":"p","externalId":"e"},"data":{}}').identity).toEqual({
      providerId: 'p',
      externalId: 'e',
      attributes: {},
    })
  })
})
