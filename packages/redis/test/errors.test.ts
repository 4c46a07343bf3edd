import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { isSessionError, type SessionErrorCode } from '@sess/core'
import { type RedisConfig, redisStore } from '@sess/redis'
import { isSkipped, shared, startProxy } from '@sess/testkit'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { toSessionError } from '../src/errors.ts'
import { drivers, privateRedis, quiet } from './harness.ts'

const coded = (code: string, message = `something ${code}`) => Object.assign(new Error(message), { code })
const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' })

describe('the table of errors', () => {
  type Row = [Error, SessionErrorCode, boolean]
  const retryable = (error: Error): Row => [error, 'SESS_UNAVAILABLE', true]
  const setUp = (error: Error): Row => [error, 'SESS_CONFIG', false]
  const rows: Row[] = [
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'].map((code) =>
      retryable(coded(code)),
    ),
    ...[
      'Connection is closed.',
      'Reached the max retries per request limit (which is 0).',
      "Stream isn't writeable and enableOfflineQueue options is false",
      'Too many Cluster redirections. Last error: Error: x',
      'All sentinels are unreachable. Retrying from scratch after 10ms.',
      'Failed to refresh slots cache.',
      'Connection timeout',
      'The client is closed',
      'The client is offline',
      'Disconnects client',
      'Socket closed unexpectedly',
      'All the root nodes are unavailable',
    ].map((message) => retryable(new Error(message))),
    ...[
      'LOADING Redis is loading the dataset in memory',
      'TRYAGAIN Multiple keys request during rehashing of slot',
      'CLUSTERDOWN Hash slot not served',
      'MASTERDOWN Link with MASTER is down',
      'MISCONF Redis is configured to save RDB snapshots',
      'OOM command not allowed',
      'BUSY Redis is busy running a script',
      'ERR Script killed by user with SCRIPT KILL. script: 0, on @user_script:1.',
      'READONLY You cannot write against a read only replica',
      'NOREPLICAS Not enough good replicas to write',
      'ERR max number of clients reached',
      'ERR Script attempted to access a non local key in a cluster node',
      'NEWWORD that a proxy or a server to come says',
      'ERR something new',
    ].map((message) => retryable(reply(message))),
    [new Error('Command timed out'), 'SESS_TIMEOUT', true],
    [reply('WRONGTYPE Operation against a key'), 'SESS_CORRUPT', false],
    ...[
      'NOAUTH Authentication required.',
      'WRONGPASS invalid username-password pair or user is disabled.',
      "NOPERM this user has no permissions to run the 'zadd' command",
      "ERR The user executing the script can't run this command or subcommand",
      'MOVED 15495 127.0.0.1:7001',
      'ASK 15495 127.0.0.1:7001',
      "CROSSSLOT Keys in request don't hash to the same slot",
      "ERR unknown command 'evalsha', with args beginning with: 'x'",
      'ERR Unknown Redis command called from script',
      'ERR DB index is out of range',
      'ERR SELECT is not allowed in cluster mode',
    ].map((message) => setUp(reply(message))),
    ...[
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ].map((code) => setUp(coded(code))),
  ]

  it.each(rows.map(([error, code, retryable]) => ({ text: error.message, error, code, retryable })))(
    '$text is $code',
    ({ error, code, retryable }) => {
      const found = toSessionError(error)
      expect(isSessionError(found, code)).toBe(true)
      expect(found).toMatchObject({
        retryable,
        message: expect.stringMatching(/^Redis: (the server|a command|what|too few)/),
      })
    },
  )

  it('looks into the error of a Cluster for that of its last node', () => {
    const error = Object.assign(new Error('Failed to refresh slots cache.'), {
      lastNodeError: reply('WRONGPASS invalid'),
    })
    expect(toSessionError(error)).toMatchObject({ code: 'SESS_CONFIG' })
  })

  it('leaves to the core what is of no driver and no server', () => {
    expect(toSessionError(new TypeError('x is not a function'))).toBeUndefined()
    expect(toSessionError(new Error('Some words'))).toBeUndefined()
    expect(toSessionError('a text')).toBeUndefined()
  })

  it.each([
    "ERR unknown command 'evalsha', with args beginning with: 'abc' '1' 'session:secret'",
    'ERR unknown command `evalsha`, with args beginning with: `secret`',
    "NOPERM No permissions to access the key 'session:secret' used as argument",
    'MOVED 1 secret.example:1',
    'NEWWORD secret',
    'Too many Cluster redirections. Last error: ReplyError: MOVED 1 secret',
    '-WRONGTYPE secret',
  ])('keeps of "%s" what holds no key and no id', (message) => {
    const error = Object.assign(reply(message), { command: { name: 'evalsha', args: ['secret'] } })
    const found = toSessionError(error)
    expect(found).toBeInstanceOf(Error)
    const cause = found?.cause as Error
    expect(found?.message + cause.message + cause.stack + JSON.stringify({ ...cause })).not.toContain('secret')
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
      code: 'SESS_CONFIG',
      retryable: false,
      cause: /^(WRONGPASS|NOAUTH)/,
    },
    'that denies a right': {
      set: [['ACL', 'SETUSER', 'default', '-zadd']],
      code: 'SESS_CONFIG',
      retryable: false,
      cause: /NOPERM|user executing the script/,
    },
  }

  it.each(Object.entries(cases))(
    '%s',
    { timeout: 60_000 },
    async (_name, { set, args, code = 'SESS_UNAVAILABLE', retryable = true, cause }) => {
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
        expect(isSessionError(error, code)).toBe(true)
        expect(error).toMatchObject({ retryable })
      }
    },
  )

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

  it.each(drivers)(
    'that has no such database is a matter of configuration, for a client of %s',
    async (_name, clientOf) => {
      const server = await shared('redis7')
      const stores = [
        opened({ addr: `${server.host}:${server.port}`, db: 4_000 }),
        opened({ client: clientOf(`${server.url}/4000`) }),
      ]
      for (const store of stores) {
        const message = 'Redis: the server has no database 4000'
        await expect(store.ping()).rejects.toMatchObject({ code: 'SESS_CONFIG', retryable: false, message })
      }
    },
  )

  it.each(drivers)(
    'that runs no scripts is a matter of configuration, for a client of %s',
    { timeout: 60_000 },
    async (_name, clientOf) => {
      const server = await privateRedis(['--rename-command', 'EVALSHA', ''])
      const store = opened({ client: clientOf(server.url), ids: 'plain' })
      const error = await store.delete('my-secret-session-id').catch((error: unknown) => error)
      expect(error).toMatchObject({
        code: 'SESS_CONFIG',
        message: expect.stringContaining('the server runs no scripts'),
      })
      const { message, cause } = error as Error
      expect(message + (cause as Error).message + (cause as Error).stack).not.toContain('my-secret')
    },
  )

  it.each(drivers)('that is not there is named by host and port, for a client of %s', async (_name, clientOf) => {
    const port = await freePort()
    for (const store of [
      opened({ addr: `127.0.0.1:${port}` }),
      opened({ client: clientOf(`redis://127.0.0.1:${port}`) }),
    ]) {
      const message = `Redis: the server at 127.0.0.1:${port} cannot be reached`
      await expect(store.ping()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true, message })
    }
  })

  it.skipIf(isSkipped('redis-tls'))('whose certificate is not trusted', async () => {
    const { url } = await shared('redis-tls')
    await expect(opened({ url }).ping()).rejects.toMatchObject({ code: 'SESS_CONFIG', retryable: false })
  })

  it('whose name does not exist', async () => {
    const store = opened({ addr: 'nowhere.invalid:6379' })
    await expect(store.ping()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
  })

  it('that is silent ends with the time of the store, whatever the time-out of its client', async () => {
    const server = await shared('redis7')
    await using proxy = await startProxy(server)
    const client = quiet(new Redis(proxy.through(server.url), { commandTimeout: 60_000 }))
    const store = opened({ client, timeoutMs: 500 })
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
