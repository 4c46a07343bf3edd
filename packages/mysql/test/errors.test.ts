import { inspect } from 'node:util'
import type { DriverFault, FaultEntry, SessionErrorCode, SessionStore } from '@sess/core'
import { mysqlStore } from '@sess/mysql'
import { shared, start } from '@sess/testkit'
import mysql, { type Pool, type PoolConnection, type RowDataPacket } from 'mysql2/promise'
import { describe, expect, test } from 'vitest'
import { faultOf, faultsByCode, faultsByNumber, toSessionError } from '../src/errors.ts'
import { engines } from './engines.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'

const person = { providerId: 'github', externalId: 'user_888' }
const far = () => new Date(Date.now() + 60_000)

describe.each(engines)('each error, provoked for real on %s, has its code', (name) => {
  /** A store over root's pool, on tables of its own. */
  const withStore = async (
    use: (store: ReturnType<typeof mysqlStore>, table: string, root: Pool) => Promise<void>,
    options: { ids?: 'plain' } = {},
  ) => {
    const server = await shared(name)
    await asRoot(server, async (root) => {
      const table = freshTable()
      const store = mysqlStore({ pool: root, table, ...options })
      await store.ping()
      await use(store, table, root)
      await store.close()
      await dropTables(root, table)
    })
  }

  test('a table that was dropped: SESS_CONFIG', () =>
    withStore(async (store, table, root) => {
      await root.query(`drop table ${table}`)
      await expect(store.create()).rejects.toMatchObject({ code: 'SESS_CONFIG', retryable: false })
    }))

  test.each([
    ['a further column without a default', 'add column extra int not null', (store) => store.create()],
    ['no index of identities', 'drop index TABLE_by_identity', (store) => store.listByIdentity(person)],
  ] as [string, string, (store: SessionStore<object>) => Promise<unknown>][])(
    'a table that its owner gave %s: SESS_CONFIG',
    (_what, alter, use) =>
      withStore(async (store, table, root) => {
        await root.query(`alter table ${table} ${alter.replace('TABLE', table)}`)
        await expect(use(store)).rejects.toMatchObject({ code: 'SESS_CONFIG', retryable: false })
      }),
  )

  test('a wrong password, and a database that does not exist: SESS_CONFIG, without the password', async () => {
    const server = await shared(name)
    for (const [url, code] of [
      [server.url.replace('root@', 'nobody:hunter2@'), 'ER_ACCESS_DENIED_ERROR'],
      [server.url.replace(/\/test$/, '/missing_database'), 'ER_BAD_DB_ERROR'],
      [server.url.replace(/\/test$/, '/'), 'ER_NO_DB_ERROR'],
    ] as const) {
      await using store = mysqlStore({ url, timeoutMs: 2_000 })
      const error = await store.create().catch((error: unknown) => error)
      expect(error).toMatchObject({ code: 'SESS_CONFIG', retryable: false, cause: { code } })
      expect(inspect(error)).not.toContain('hunter2')
    }
  })

  test('nobody listening: SESS_UNAVAILABLE, retryable', async () => {
    await using store = mysqlStore({ url: 'mysql://root@127.0.0.1:1/test' })
    await expect(store.load('a')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
  })

  test('more than max_allowed_packet: SESS_TOO_LARGE, its company is written, and the connection stays', async () => {
    await using server = await start(name, { args: ['--max-allowed-packet=1M'] })
    await using store = mysqlStore<{ text: string }>({ url: server.url, maxBytes: 8 * 2 ** 20 })
    const texts = ['a', 'x'.repeat(2 ** 20), 'b', 'y'.repeat(700_000), 'z'.repeat(700_000)]
    const outcomes = await Promise.allSettled(texts.map((text) => store.create({ data: { text } })))
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'SESS_TOO_LARGE', retryable: false } })
    expect(await store.count()).toBe(4)
  }, 60_000)

  test('a lost deadlock is tried again, and nobody hears of it', () =>
    withStore(async (store, table, root) => {
      const ids = await Promise.all([store.create(), store.create()])
      const rows = `select \`key\` from ${table} order by \`key\` desc`
      const holder = await root.getConnection()
      await holder.query('start transaction')
      await holder.query(`${rows} limit 1 for update`)
      const touched = Promise.all(ids.map(({ id }) => store.touch(id, { ttl: '1h' })))
      await untilWaiting(root)
      // Its rows are the heavier ones, so that the store's transaction is the one to lose.
      await holder.query(`update ${table} set created_at = created_at + 1 order by \`key\` desc`).catch(() => {})
      await holder.query('rollback')
      holder.release()
      expect((await touched).every((at) => at instanceof Date)).toBe(true)
    }))

  test('a row that a constraint or trigger refuses: SESS_CONFIG, no value shown, and its company is written', () =>
    withStore(async (store, table, root) => {
      await root.query(`alter table ${table} add constraint no_poison check (payload not like '%poison%')`)
      const ids = ['healthy', 'poison-and-secret', 'sound']
      const outcomes = await Promise.allSettled(
        ids.map((id) => store.save({ id, expiresAt: far(), data: { word: id } })),
      )
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(outcomes[1]).toMatchObject({ reason: { code: 'SESS_CONFIG', retryable: false } })
      expect(inspect(outcomes[1])).not.toContain('secret')
    }))

  test('a server that has become read-only: SESS_UNAVAILABLE, retryable, and then it works again', async () => {
    await using server = await start(name)
    await asRoot(server, async (root) => {
      // Root itself may write all the same.
      await root.query(`create user app@'%' identified by 'p'`)
      await root.query(`grant all on test.* to app@'%'`)
      await using store = mysqlStore({ url: server.url.replace('root@', 'app:p@'), max: 1, cleanupInterval: false })
      const connections = async () => {
        const [rows] = await root.query<RowDataPacket[]>('show processlist')
        return rows.filter(({ User }) => User === 'app').map(({ Id }) => Id)
      }
      const { id } = await store.create()
      const before = await connections()
      await root.query('set global read_only = 1')
      await expect(store.create()).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
      // After a failover it would lead to the old primary for ever.
      expect(await store.exists(id)).toBe(true)
      expect(await connections()).not.toEqual(expect.arrayContaining(before))
      await root.query('set global read_only = 0')
      expect(await store.exists((await store.create()).id)).toBe(true)
    })
  }, 60_000)

  test('a statement that an administrator ended: SESS_UNAVAILABLE, retryable', () =>
    withStore(async (store, table, root) => {
      const { id } = await store.create()
      const holder = await root.getConnection()
      await holder.query('start transaction')
      await holder.query(`select * from ${table} for update`)
      const touched = expect(store.touch(id)).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
      await asRoot(await shared(name), async (other) => other.query(`kill query ${await untilWaiting(other)}`))
      await touched
      await holder.query('rollback')
      holder.release()
    }))

  test('a pool of the owner that is closed, or full: SESS_UNAVAILABLE', async () => {
    const server = await shared(name)
    const pool = mysql.createPool({ uri: server.url, connectionLimit: 1, waitForConnections: false })
    const store = mysqlStore({ pool })
    const only = await pool.getConnection()
    await expect(store.load('a')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    only.release()
    await pool.end()
    await expect(store.load('a')).rejects.toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: false })
    await store.close()
  })

  test('too many connections: SESS_UNAVAILABLE, retryable', async () => {
    await using server = await start(name, { args: ['--max-connections=10'] })
    const pool = mysql.createPool({ uri: server.url, connectionLimit: 20 })
    // One after another, until there is none left.
    const taken: PoolConnection[] = []
    const takeOne = () => pool.getConnection().then((connection) => taken.push(connection))
    while (await takeOne().catch(() => 0)) {}
    await using store = mysqlStore({ url: server.url })
    await expect(store.ping()).rejects.toMatchObject({
      code: 'SESS_UNAVAILABLE',
      retryable: true,
      cause: { code: 'ER_CON_COUNT_ERROR' },
    })
    for (const connection of taken) connection.release()
    await pool.end()
  }, 60_000)
})

describe('the table of errors', () => {
  const secret = `near 'secret'`
  const codes: Readonly<Record<DriverFault, SessionErrorCode>> = {
    unreachable: 'SESS_UNAVAILABLE',
    starting: 'SESS_UNAVAILABLE',
    exhausted: 'SESS_UNAVAILABLE',
    full: 'SESS_UNAVAILABLE',
    readOnly: 'SESS_UNAVAILABLE',
    conflict: 'SESS_UNAVAILABLE',
    unknown: 'SESS_UNAVAILABLE',
    late: 'SESS_TIMEOUT',
    denied: 'SESS_CONFIG',
    untrusted: 'SESS_CONFIG',
    missingSchema: 'SESS_CONFIG',
    misconfigured: 'SESS_CONFIG',
    refusedRow: 'SESS_CONFIG',
    duplicate: 'SESS_CONFIG',
    tooLarge: 'SESS_TOO_LARGE',
    damaged: 'SESS_CORRUPT',
  }
  const retryable = new Set<SessionErrorCode>(['SESS_UNAVAILABLE', 'SESS_TIMEOUT'])
  const serverError = (errno: number, more: object = {}) =>
    Object.assign(new Error(secret), { errno, code: 'ER_WHATEVER', sqlState: 'HY000', sql: secret, ...more })

  const expectFault = (error: Error, entry: FaultEntry) => {
    const fault = typeof entry === 'string' ? entry : entry.fault
    expect(faultOf(error)).toBe(fault)
    const translated = toSessionError(error)
    expect(translated).toMatchObject({ code: codes[fault], retryable: retryable.has(codes[fault]) })
    expect(translated?.message).toMatch(/^MySQL: /)
    if (typeof entry === 'object') expect(translated?.message).toBe(`MySQL: ${entry.message}`)
    expect(inspect(translated)).not.toContain('secret')
  }

  test.each(Object.entries(faultsByNumber))(
    'the server error %s is known by its number, whatever its name',
    (errno, entry) => {
      expectFault(serverError(Number(errno)), entry)
    },
  )

  test.each(Object.entries(faultsByCode))('%s of mysql2 itself', (code, entry) => {
    expectFault(Object.assign(new Error(secret), { code }), entry)
  })

  test.each([
    [1213, '40001', 'conflict'], // a deadlock, and a certification that was lost in Galera
    [1205, 'HY000', 'late'],
    [3101, '40000', 'conflict'], // a certification that was lost in a group
    [1180, 'HY000', 'conflict'],
    [1969, '70100', 'late'], // MariaDB's max_statement_time
    [1927, '70100', 'starting'], // MariaDB's killed connection
    [9001, 'HY000', 'unreachable'], // ProxySQL
    [9999, '40001', 'conflict'], // the class says enough
    [9999, '40003', 'unknown'], // it may have landed
    [1213, '40003', 'unknown'],
    [9999, 'HY000', 'unknown'],
  ] as const)('%i with SQLSTATE %s is %s', (errno, sqlState, fault) => {
    expect(faultOf(serverError(errno, { sqlState }))).toBe(fault)
    expect(toSessionError(serverError(errno, { sqlState }))).toMatchObject({ retryable: true })
  })

  test('a connection that took too long is late, one that the system gave up is unreachable', () => {
    const timedOut = (more: object) => Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT', ...more })
    expect(faultOf(timedOut({ errorno: 'ETIMEDOUT', syscall: 'connect', fatal: true }))).toBe('late')
    expect(faultOf(timedOut({ errno: -110, syscall: 'connect' }))).toBe('unreachable')
  })

  test('whether the write took effect is not told as refused', () => {
    expect(toSessionError(serverError(1, { sqlState: '40003' }))?.message).toContain('took effect')
  })

  test('an unknown word of a server or proxy can be tried again, and keeps what of its message can hold no value', () => {
    const message = 'Max connect timeout reached while reaching hostgroup 7 after 10000ms'
    const error = Object.assign(new Error(message), { errno: 9001, code: 'UNKNOWN_CODE_PLEASE_REPORT' })
    expect(toSessionError(error)).toMatchObject({
      cause: { message: 'Max connect timeout reached while reaching hostgroup' },
    })
    const other = toSessionError(Object.assign(new Error(secret), { errno: 54321, code: 'UNKNOWN_CODE_PLEASE_REPORT' }))
    expect(other).toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    expect(inspect(other)).toContain('54321')
    expect(inspect(other)).not.toContain('secret')
  })

  test('a certificate that is not trusted is told from a handshake that broke', () => {
    const tls = (message: string) => Object.assign(new Error(message), { code: 'HANDSHAKE_SSL_ERROR', fatal: true })
    expect(faultOf(tls('self-signed certificate in certificate chain'))).toBe('untrusted')
    expect(faultOf(tls(`Hostname/IP does not match certificate's altnames`))).toBe('untrusted')
    expect(faultOf(tls('read ECONNRESET'))).toBe('unreachable')
  })

  test('what is no error of the driver is left alone', () => {
    for (const error of [new TypeError('no'), Object.assign(new Error('no'), { code: 'SESS_GONE' }), 'text', null]) {
      expect(toSessionError(error)).toBeUndefined()
    }
  })
})

/** Resolves, with its number, when a connection is waiting for a row's lock. */
async function untilWaiting(root: Pool): Promise<number> {
  for (;;) {
    // MySQL renews what this table says only after it has been left alone for 0.1 s.
    await root.query('do sleep(0.15)')
    const [rows] = await root.query(`select trx_mysql_thread_id as id from information_schema.innodb_trx
      where trx_state = 'LOCK WAIT'`)
    const [row] = rows as { id: number }[]
    if (row !== undefined) return row.id
  }
}
