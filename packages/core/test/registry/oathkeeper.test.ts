import { afterEach, expect, test } from 'vitest'
import YAML from 'yaml'
import { integer, keyPrefix, text } from '../../src/config/fields.ts'
import { storeConfig } from '../../src/config/store-config.ts'
import { openStore } from '../../src/registry/open-store.ts'
import { registerStore } from '../../src/registry/registry.ts'
import { asFake, fakeDefinition } from './fake-store.ts'

const redisLike = storeConfig({
  addr: text(),
  password: text({ empty: true }),
  db: integer({ max: 15 }),
  sessionPrefix: keyPrefix(),
  statePrefix: keyPrefix(),
})

const undo: (() => void)[] = []
const forget = () => {
  for (const restore of undo.splice(0)) restore()
}
afterEach(forget)
const opened = async (
  yaml: string,
  part = (document: { session_store?: unknown }): unknown => document.session_store,
) => {
  forget()
  undo.push(registerStore(fakeDefinition({ type: 'redis', schemes: ['redis'], config: redisLike })))
  undo.push(registerStore(fakeDefinition({ type: 'memory', schemes: [], config: storeConfig({}) })))
  return asFake(await openStore(part(YAML.parse(yaml)))).config
}

test("Oathkeeper's own file opens a store as it stands", async () => {
  const yaml = `
session_store:
  type: redis
  config:
    addr: 127.0.0.1:6379
    password: ''
    db: 1
    session_prefix: 'session:'
    state_prefix: 'state:'
    ttl: 24h
`
  const whole = (document: unknown) => document
  expect(await opened(`server: { port: 8080 }${yaml}`, whole)).toEqual(await opened(yaml))
  expect(await opened(yaml)).toEqual({
    addr: '127.0.0.1:6379',
    password: '',
    db: 1,
    sessionPrefix: 'session:',
    statePrefix: 'state:',
    ttl: 86_400_000,
  })
})

test.each([
  ['an empty object', 'session_store: {}'],
  ['an empty type and config', 'session_store:\n  type:\n  config:'],
])('a file with %s means memory', async (_, yaml) => {
  expect(await opened(yaml)).toEqual({})
})

test.each([
  ['no session_store', 'other: 1'],
  ['an empty one', 'session_store:'],
])('a file with %s means nothing', async (_, yaml) => {
  await expect(opened(yaml)).rejects.toMatchObject({ code: 'SESS_CONFIG' })
  await expect(opened(yaml, (document) => document)).rejects.toMatchObject({ code: 'SESS_CONFIG' })
})

test('a field with nothing after its colon is left out', async () => {
  expect(await opened('session_store:\n  type: redis\n  config:\n    password:\n    db: 2')).toEqual({ db: 2 })
})

test('a misspelt key of the file is answered in its own style', async () => {
  const yaml = 'session_store: { type: redis, config: { sesion_prefix: "s:", adr: "h", __proto__: { db: 1 } } }'
  await expect(opened(yaml)).rejects.toThrow(
    /config\.sesion_prefix: unknown key, did you mean 'session_prefix'\?\n- config\.adr: unknown key, did you mean 'addr'\?\n- config\.__proto__: unknown key$/,
  )
})
