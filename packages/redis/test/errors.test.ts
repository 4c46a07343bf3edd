import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { isSessionError, type SessionErrorCode } from '@sess/core'
import { type RedisConfig, redisStore } from '@sess/redis'
import { isSkipped, type Running, shared, start, startProxy } from '@sess/testkit'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { toSessionError } from '../src/errors.ts'
import { quiet } from './harness.ts'

const coded = (code: string) => Object.assign(new Error(`something ${code}`), { code })

describe('the table of errors', () => {
  const rows: [Error, SessionErrorCode, boolean][] = [
    [coded('ECONNREFUSED'), 'SESS_UNAVAILABLE', true],
    [coded('ECONNRESET'), 'SESS_UNAVAILABLE', true],
    [coded('EPIPE'), 'SESS_UNAVAILABLE', true],
    [coded('ENOTFOUND'), 'SESS_UNAVAILABLE', true],
    [coded('ETIMEDOUT'), 'SESS_UNAVAILABLE', true],
    [new Error('Connection is closed.'), 'SESS_UNAVAILABLE', true],
    [new Error('Reached the max retries per request limit (which is 0).'), 'SESS_UNAVAILABLE', true],
    [new Error("Stream isn't writeable and enableOfflineQueue options is false"), 'SESS_UNAVAILABLE', true],
    [new Error('Too many Cluster redirections. Last error: Error: x'), 'SESS_UNAVAILABLE', true],
    [new Error('All sentinels are unreachable. Retrying from scratch after 10ms.'), 'SESS_UNAVAILABLE', true],
    [new Error('Failed to refresh slots cache.'), 'SESS_UNAVAILABLE', true],
    [new Error('LOADING Redis is loading the dataset in memory'), 'SESS_UNAVAILABLE', true],
    [new Error('TRYAGAIN Multiple keys request during rehashing of slot'), 'SESS_UNAVAILABLE', true],
    [new Error('MISCONF Redis is configured to save RDB snapshots'), 'SESS_UNAVAILABLE', true],
    [new Error('ERR Script attempted to access a non local key in a cluster node'), 'SESS_UNAVAILABLE', true],
    [new Error('Command timed out'), 'SESS_TIMEOUT', true],
    [new Error('WRONGTYPE Operation against a key'), 'SESS_CORRUPT', false],
    [new Error('CROSSSLOT Keys in request'), 'SESS_CONFIG', false],
  ]

  it.each(rows.map(([error, code, retryable]) => ({ text: error.message, error, code, retryable })))(
    '$text is $code',
    ({ error, code, retryable }) => {
      const found = toSessionError(error)
      expect(isSessionError(found, code)).toBe(true)
      expect(found).toMatchObject({ retryable, cause: { message: error.message } })
    },
  )

  it('leaves what it does not know to the core', () => {
    expect(toSessionError(new Error('ERR something new'))).toBeUndefined()
    expect(toSessionError('a text')).toBeUndefined()
  })

  it('keeps the command, with its keys and payloads, out of the cause', () => {
    const error = Object.assign(new Error('OOM command not allowed'), {
      command: { name: 'evalsha', args: ['secret'] },
    })
    expect(JSON.stringify({ ...(toSessionError(error)?.cause as object) })).not.toContain('secret')
  })
})

describe.skipIf(isSkipped('redis7'))('a real server', async () => {
  const cases: Record<
    string,
    { set: [string, ...string[]][]; args?: string[]; code?: SessionErrorCode; retryable?: boolean; cause: RegExp }
  > = {
    'out of memory': { set: [['CONFIG', 'SET', 'maxmemory', '1']], cause: /^OOM/ },
    'that is a replica': { set: [['REPLICAOF', '127.0.0.1', '1']], cause: /^READONLY/ },
    'that is a replica without its master': {
      set: [
        ['CONFIG', 'SET', 'replica-serve-stale-data', 'no'],
        ['REPLICAOF', '127.0.0.1', '1'],
      ],
      cause: /^MASTERDOWN/,
    },
    'with too few replicas': { set: [['CONFIG', 'SET', 'min-replicas-to-write', '1']], cause: /^NOREPLICAS/ },
    // Its bus would have the port plus 10,000, which need not be free; this one the test has tried.
    'of a Cluster that is down': {
      set: [],
      args: ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())],
      cause: /^CLUSTERDOWN/,
    },
    'that wants a password': {
      set: [['CONFIG', 'SET', 'requirepass', 'other']],
      retryable: false,
      cause: /^(WRONGPASS|NOAUTH)/,
    },
    'that denies a right': {
      set: [['ACL', 'SETUSER', 'default', '-zadd']],
      retryable: false,
      cause: /NOPERM|user executing the script/,
    },
  }

  it.each(Object.entries(cases))('%s', { timeout: 60_000 }, async (_name, { set, args, retryable = true, cause }) => {
    const server = await privateRedis(args)
    const admin = quiet(new Redis(server.url))
    for (const [command, ...rest] of set) await admin.call(command, ...rest)
    admin.disconnect()
    const store = opened({ url: server.url })
    const first: unknown = await store.create().catch((error: unknown) => error)
    expect(first).toMatchObject({ cause: { message: expect.stringMatching(cause) } })
    const second = await store
      .save({ id: 'x', expiresAt: new Date(Date.now() + 60_000) })
      .catch((error: unknown) => error)
    for (const error of [first, second]) {
      expect(isSessionError(error, 'SESS_UNAVAILABLE')).toBe(true)
      expect(error).toMatchObject({ retryable })
    }
  })

  it('with no room for another client', { timeout: 60_000 }, async () => {
    const server = await privateRedis()
    const admin = quiet(new Redis(server.url))
    await admin.config('SET', 'maxclients', '1')
    const store = opened({ url: server.url })
    await expect(store.ping()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    await admin.config('SET', 'maxclients', '100')
    await expect
      .poll(() =>
        store.ping().then(
          () => 'answers',
          () => 'is away',
        ),
      )
      .toBe('answers')
    admin.disconnect()
  })

  it('that runs a long script', { timeout: 60_000 }, async () => {
    const server = await privateRedis(['--busy-reply-threshold', '20'])
    const busy = quiet(new Redis(server.url))
    const admin = quiet(new Redis(server.url))
    const store = opened({ url: server.url })
    await Promise.all([store.ping(), admin.ping()])
    const looping = busy.eval('while true do end', 0).catch(() => {})
    await expect(store.create()).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      retryable: true,
      cause: { message: expect.stringContaining('BUSY') },
    })
    await admin.script('KILL')
    await looping
    expect(await store.count()).toBe(0)
    busy.disconnect()
    admin.disconnect()
  })

  it('that has no such database is a matter of configuration', async () => {
    const server = await shared('redis7')
    const store = opened({ addr: `${server.host}:${server.port}`, db: 4_000 })
    await expect(store.ping()).rejects.toMatchObject({ code: 'SESS_CONFIG' })
  })

  it.skipIf(isSkipped('redis-tls'))('whose certificate is not trusted', async () => {
    const { url } = await shared('redis-tls')
    await expect(opened({ url }).ping()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: false })
  })

  it('whose name does not exist', async () => {
    const store = opened({ addr: 'nowhere.invalid:6379' })
    await expect(store.ping()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
  })

  it('through a client that gives up sooner than the store', async () => {
    const server = await shared('redis7')
    await using proxy = await startProxy(server)
    const client = quiet(new Redis(proxy.through(server.url), { commandTimeout: 500 }))
    const store = opened({ client })
    await store.ping()
    proxy.stall()
    await expect(store.count()).rejects.toMatchObject({ code: 'SESS_TIMEOUT' })
    proxy.resume()
    client.disconnect()
  })
})

function opened(config: RedisConfig) {
  const store = redisStore(config)
  onTestFinished(() => store.close())
  return store
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function privateRedis(args: string[] = []): Promise<Running> {
  const server = await start('redis7', { args })
  onTestFinished(() => server.stop())
  return server
}
