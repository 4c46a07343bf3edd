import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openStore, registeredStores } from '@sess/core'
import { type RedisConfig, redisStore } from '@sess/redis'
import { isSkipped, shared, sourceImports } from '@sess/testkit'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type AddressParts, addressOfHost, addressOfParts, addressOfUrl } from '../src/address.ts'

describe('an address', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379, tls: false }],
    ['redis://localhost:6380/', { host: 'localhost', port: 6380, tls: false }],
    [
      'rediss://user:p%40ss@redis.example:6390/3',
      { host: 'redis.example', port: 6390, username: 'user', password: 'p@ss', db: 3, tls: true },
    ],
    ['redis://:secret@[::1]:6379/0', { host: '::1', port: 6379, password: 'secret', db: 0, tls: false }],
    ['REDIS://h', { host: 'h', port: 6379, tls: false }],
    ['redis-cluster://n', { nodes: [{ host: 'n', port: 6379 }] }],
    [
      'redis-cluster://user:p%40ss@n1:7000,n2,[::1]:7002/',
      {
        nodes: [
          { host: 'n1', port: 7000 },
          { host: 'n2', port: 6379 },
          { host: '::1', port: 7002 },
        ],
        username: 'user',
        password: 'p@ss',
      },
    ],
    ['redis-sentinel://s/mymaster', { sentinels: [{ host: 's', port: 26379 }], name: 'mymaster' }],
    [
      'redis-sentinel://:secret@s1:7000,s2/my%20master/3',
      {
        sentinels: [
          { host: 's1', port: 7000 },
          { host: 's2', port: 26379 },
        ],
        name: 'my master',
        password: 'secret',
        db: 3,
      },
    ],
  ])('is read from %s', (url, address) => {
    expect(addressOfUrl(url)).toEqual(address)
  })

  it.each([
    'http://h',
    'redis:h',
    'redis://',
    'redis://h/x',
    'redis://h/1/2',
    'redis://h?family=6',
    'redis://h#1',
    'redis://h:0',
    'redis://%zz@h',
    'h:6379',
    'redis://h1,h2:7000',
    'redis-cluster:h',
    'redis-cluster://',
    'redis-cluster://h,',
    'redis-cluster://h/1',
    'redis-cluster://h?a=1',
    'redis-cluster://u@h1,u@h2',
    'redis-sentinel://h',
    'redis-sentinel://h/',
    'redis-sentinel://h//1',
    'redis-sentinel://h/m/x',
    'redis-sentinel://h/m/1/2',
    'redis-sentinel://h/%zz',
    'redis-sentinel://h,h:0/m',
  ])('is not %s', (url) => {
    expect(addressOfUrl(url)).toBeUndefined()
    expect(() => redisStore({ url })).toThrow(/url: must be/)
  })

  it('is host and port as well', () => {
    expect(addressOfHost('127.0.0.1:6380')).toEqual({ host: '127.0.0.1', port: 6380, tls: false })
    expect(addressOfHost('redis.example')).toEqual({ host: 'redis.example', port: 6379, tls: false })
    expect(addressOfHost('[::1]:7000')).toEqual({ host: '::1', port: 7000, tls: false })
    for (const text of ['', 'user@h', 'h/1', 'h:port', 'h h']) expect(addressOfHost(text)).toBeUndefined()
  })
})

describe('the parts of an address', () => {
  it.each<[AddressParts, object]>([
    [{ addrs: ['h'] }, { host: 'h', port: 6379, tls: false }],
    [
      { addrs: ['h:1'], username: 'u', password: 'p', db: 2, tls: true },
      { host: 'h', port: 1, username: 'u', password: 'p', db: 2, tls: true },
    ],
    [
      { addrs: ['h'], cluster: true, tls: true },
      { nodes: [{ host: 'h', port: 6379 }], tls: true },
    ],
    [
      { addrs: ['h', 'i:7000'] },
      {
        nodes: [
          { host: 'h', port: 6379 },
          { host: 'i', port: 7000 },
        ],
        tls: false,
      },
    ],
    [
      { addrs: ['h'], sentinel: 'm', db: 1 },
      { sentinels: [{ host: 'h', port: 26379 }], name: 'm', db: 1, tls: false },
    ],
  ])('%j', (parts, address) => {
    expect(addressOfParts(parts)).toEqual(address)
  })
})

describe('options', () => {
  it.each<[string, object, RegExp]>([
    ['nothing', {}, /must have 'client' or 'url' or 'addr' or 'addrs'/],
    ['an address and addresses', { addr: 'h', addrs: ['h'] }, /addrs: can't be given together with 'addr'/],
    ['no addresses', { addrs: [] }, /addrs: must be one or more/],
    ['an address that is none', { addrs: ['h', 'h/1'] }, /addrs: must be one or more/],
    ['TLS beside a URL', { url: 'redis://h', tls: true }, /tls go with addr or addrs/],
    ['a Cluster of sentinels', { addr: 'h', cluster: true, sentinel: 'm' }, /cluster and sentinel exclude each other/],
    ['a database of a Cluster', { addrs: ['h', 'i'], db: 1 }, /db: a Cluster has database 0 alone, and not 1/],
    [
      'several servers that are no Cluster',
      { addrs: ['h', 'i'], cluster: false },
      /several addrs are those of a Cluster/,
    ],
    ['two addresses', { url: 'redis://h', addr: 'h' }, /addr: can't be given together with 'url'/],
    ['a client of another kind', { client: { get() {} } }, /client: must be a client of ioredis/],
    ['a prefix with braces', { addr: 'h', sessionPrefix: 'a{b}:' }, /sessionPrefix: must be/],
    ['a prefix with a control character', { addr: 'h', statePrefix: 'a\n' }, /statePrefix: must be/],
    [
      'one prefix for both',
      { addr: 'h', sessionPrefix: 'x:', statePrefix: 'x:' },
      /sessionPrefix and statePrefix must differ/,
    ],
    ['the default of the other', { addr: 'h', statePrefix: 'session:' }, /sessionPrefix and statePrefix must differ/],
    ['a database beside a URL', { url: 'redis://h', db: 1 }, /db go with addr or addrs/],
    ['an unknown key', { addr: 'h', adr: 'h' }, /adr: unknown key, did you mean 'addr'/],
    [
      'a client of node-redis 4',
      { client: { sendCommand() {}, duplicate() {}, evalSha() {}, isOpen: true } },
      /client: must be/,
    ],
  ])('%s are refused', (_name, options, message) => {
    expect(() => redisStore(options as RedisConfig)).toThrow(message)
    expect(() => redisStore(options as RedisConfig)).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
  })

  it('show no password in an error', () => {
    const options = { url: 'redis://:hunter2@h:port', password: 7 as unknown as string, db: -1 }
    expect(() => redisStore(options)).toThrow(/^(?!.*hunter2)/s)
    expect(() => redisStore(options)).toThrow(/url: .*\n- password: .*\n- db: /)
  })

  it('refuse an empty hash tag in the keyPrefix of a Cluster alone', () => {
    const cluster = (keyPrefix: string) => new Cluster([{ port: 1 }], { keyPrefix, lazyConnect: true })
    expect(() => redisStore({ client: cluster('a{}:') })).toThrow(/empty hash tag/)
    for (const keyPrefix of ['{a}:', 'a{', '}{', 'a']) redisStore({ client: cluster(keyPrefix) })
    redisStore({ client: new Redis({ keyPrefix: '{}', lazyConnect: true }) })
  })
})

describe.skipIf(isSkipped('redis7'))('the registry', () => {
  it('opens what a configuration file of Oathkeeper says', async () => {
    expect(registeredStores()).toContain('redis')
    const { host, port } = await shared('redis7')
    const name = `t${randomBytes(6).toString('hex')}`
    const fromYaml = {
      type: 'redis',
      config: {
        addr: `${host}:${port}`,
        password: '',
        db: 1,
        session_prefix: `${name}:session:`,
        state_prefix: `${name}:state:`,
        ttl: '2h',
      },
    }
    const store = await openStore(fromYaml as unknown)
    onTestFinished(() => store.close())
    const session = await store.create()
    expect(session.expiresAt.getTime() - session.createdAt.getTime()).toBe(7_200_000)
    await store.putState()
    const client = new Redis({ host, port, db: 1 })
    const keys = (await client.keys(`${name}:*`)).map((key) => key.replace(/\{.*/, '')).sort()
    expect(keys).toEqual([`${name}:session:`, `${name}:session:`, `${name}:state:`, `${name}:state:`])
    await client.del(...(await client.keys(`${name}:*`)))
    client.disconnect()
  })

  it('opens a URL, with options in its query', async () => {
    const { url } = await shared('redis7')
    const name = `t${randomBytes(6).toString('hex')}`
    const store = await openStore(`${url}?session_prefix=${name}:&ttl=1s`)
    const session = await store.create()
    expect(session.expiresAt.getTime() - session.createdAt.getTime()).toBe(1_000)
    await store.close()
  })

  it('tells at once of a server that is not there', async () => {
    await expect(openStore('redis://127.0.0.1:1')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE' })
  })

  it.skipIf(isSkipped('redis-tls'))(
    'opens rediss:// with a user and a password, trusting what Node trusts',
    { timeout: 60_000 },
    async () => {
      const { url, ca } = await shared('redis-tls')
      const folder = await mkdtemp(join(tmpdir(), 'sess-redis-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      await writeFile(join(folder, 'ca.pem'), ca)
      const program = `
      const { redisStore } = await import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)})
      const store = redisStore({ url: process.env.TEST_URL })
      await store.ping()
      await store.close()
      console.log('answered')
    `
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'), TEST_URL: url }
      const { stdout } = await promisify(execFile)(
        'node',
        ['--import', sourceImports, '--no-warnings', '--input-type=module', '-e', program],
        {
          env,
          cwd: import.meta.dirname,
        },
      )
      expect(stdout.trim()).toBe('answered')
    },
  )
})
