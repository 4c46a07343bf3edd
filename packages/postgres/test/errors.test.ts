import { inspect } from 'node:util'
import { isSessionError, type SessionErrorCode } from '@sess/core'
import { startProxy } from '@sess/testkit'
import { describe, expect, test } from 'vitest'
import { faultOf, toSessionError } from '../src/errors.ts'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

describe('the table of errors', () => {
  const server = (code: string) => Object.assign(new Error('value "hunter2"'), { name: 'PostgresError', code })
  const driver = (code: string) => Object.assign(new Error(`write ${code} 127.0.0.1:5432`), { code })

  const rows: [Error & { code: string }, SessionErrorCode, boolean, ReturnType<typeof faultOf>][] = [
    [server('08006'), 'SESS_UNAVAILABLE', true, 'other'],
    [server('08P01'), 'SESS_UNAVAILABLE', true, 'other'],
    [server('22021'), 'SESS_CONFIG', false, 'row'],
    [server('23505'), 'SESS_CONFIG', false, 'duplicate'],
    [server('23514'), 'SESS_CONFIG', false, 'row'],
    [server('25006'), 'SESS_UNAVAILABLE', true, 'other'],
    [server('25P03'), 'SESS_TIMEOUT', true, 'other'],
    [server('26000'), 'SESS_CONFIG', false, 'other'],
    [server('28000'), 'SESS_CONFIG', false, 'other'],
    [server('28P01'), 'SESS_CONFIG', false, 'other'],
    [server('3D000'), 'SESS_CONFIG', false, 'other'],
    [server('3F000'), 'SESS_CONFIG', false, 'other'],
    [server('40001'), 'SESS_CONFLICT', true, 'conflict'],
    [server('40P01'), 'SESS_CONFLICT', true, 'conflict'],
    [server('42501'), 'SESS_CONFIG', false, 'other'],
    [server('42601'), 'SESS_CONFIG', false, 'other'],
    [server('42703'), 'SESS_CONFIG', false, 'other'],
    [server('42P01'), 'SESS_CONFIG', false, 'other'],
    [server('42P05'), 'SESS_CONFIG', false, 'other'],
    [server('53100'), 'SESS_UNAVAILABLE', true, 'other'],
    [server('53200'), 'SESS_UNAVAILABLE', true, 'other'],
    [server('53300'), 'SESS_UNAVAILABLE', true, 'other'],
    [server('54000'), 'SESS_TOO_LARGE', false, 'row'],
    [server('55P03'), 'SESS_TIMEOUT', true, 'other'],
    [server('57014'), 'SESS_TIMEOUT', true, 'other'],
    [server('57P01'), 'SESS_UNAVAILABLE', true, 'other'],
    [server('57P03'), 'SESS_UNAVAILABLE', true, 'other'],
    [server('58030'), 'SESS_UNAVAILABLE', true, 'other'],
    [server('P0001'), 'SESS_UNAVAILABLE', false, 'other'],
    [server('XX000'), 'SESS_UNAVAILABLE', false, 'other'],
    [server('XX001'), 'SESS_CORRUPT', false, 'other'],
    [driver('CONNECT_TIMEOUT'), 'SESS_TIMEOUT', true, 'other'],
    [driver('CONNECTION_CLOSED'), 'SESS_UNAVAILABLE', true, 'other'],
    [driver('CONNECTION_DESTROYED'), 'SESS_UNAVAILABLE', true, 'other'],
    [driver('CONNECTION_ENDED'), 'SESS_UNAVAILABLE', false, 'other'],
    [driver('DEPTH_ZERO_SELF_SIGNED_CERT'), 'SESS_CONFIG', false, 'other'],
    [driver('ECONNREFUSED'), 'SESS_UNAVAILABLE', true, 'other'],
    [driver('ECONNRESET'), 'SESS_UNAVAILABLE', true, 'other'],
    [driver('ENOTFOUND'), 'SESS_UNAVAILABLE', true, 'other'],
    [driver('EPIPE'), 'SESS_UNAVAILABLE', true, 'other'],
  ]

  test.each(rows)('$0.name $0.code is $1', (error, code, retryable, fault) => {
    expect(toSessionError(error)).toMatchObject({ code, retryable, cause: { code: error.code } })
    expect(faultOf(error)).toBe(fault)
  })

  test('passes no message on that may quote a value', () => {
    for (const code of ['22P02', '23505', '54000', 'P0001', 'XX000']) {
      expect(inspect(toSessionError(server(code)), { depth: 9, showHidden: true })).not.toContain('hunter2')
    }
  })

  test('does not speak of what is no error of the driver', () => {
    expect(toSessionError(new TypeError('x is not a function'))).toBeUndefined()
    expect(toSessionError('thrown')).toBeUndefined()
  })
})

onServer('postgres15', 'a server', async () => {
  const { url, host, port, admin, schema, open, role } = await ownSchema()
  const at = (parts: Partial<URL>) => Object.assign(new URL(url), parts).href
  const failing = async (call: Promise<unknown>): Promise<Error> => {
    const error = await call.then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(isSessionError(error)).toBe(true)
    return error as Error
  }

  test('that refuses the password', async () => {
    await using store = open({ url: at({ password: 'wrong' }) })
    expect(await failing(store.ping())).toMatchObject({ code: 'SESS_CONFIG', cause: { code: '28P01' } })
  })

  test('without the database', async () => {
    await using store = open({ url: at({ pathname: '/nowhere' }) })
    expect(await failing(store.ping())).toMatchObject({ code: 'SESS_CONFIG', cause: { code: '3D000' } })
  })

  test('without the schema', async () => {
    await using store = open({ schema: 'nowhere' })
    expect(await failing(store.create())).toMatchObject({ code: 'SESS_CONFIG', cause: { code: '3F000' } })
  })

  test('whose table goes away', async () => {
    await using store = open({ table: 'dropped' })
    await store.create()
    await admin.unsafe(`drop table ${schema}.dropped`)
    expect(await failing(store.create())).toMatchObject({ code: 'SESS_CONFIG', cause: { code: '42P01' } })
    expect(await failing(store.count())).toMatchObject({ code: 'SESS_CONFIG' })
  })

  test('that takes no more connections of this role', async () => {
    const { url } = await role('connection limit 0')
    await using store = open({ url })
    expect(await failing(store.ping())).toMatchObject({ code: 'SESS_UNAVAILABLE', cause: { code: '53300' } })
  })

  test('that has become a read-only standby', async () => {
    const reader = await role()
    await using store = open({ table: 'standby' })
    await store.create()
    await admin.unsafe(`
      grant usage on schema ${schema} to ${reader.name}; grant all on all tables in schema ${schema} to ${reader.name};
      alter role ${reader.name} set default_transaction_read_only = on`)
    await using standby = open({ table: 'standby', url: reader.url })
    expect(await standby.count()).toBe(1)
    const error = await failing(standby.create())
    expect(error).toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true, cause: { code: '25006' } })
  })

  test.each([
    { parameter: 'lock_timeout', code: '55P03' },
    { parameter: 'statement_timeout', code: '57014' },
  ])('that gives up after $parameter', async ({ parameter, code }) => {
    await using store = open({ table: parameter })
    await store.create()
    await using impatient = open({ table: parameter, url: `${url}?${parameter}=50` })
    await impatient.ping()
    const holder = await admin.reserve()
    try {
      await holder.unsafe(`begin; lock table ${schema}.${parameter}`)
      expect(await failing(impatient.count())).toMatchObject({ code: 'SESS_TIMEOUT', retryable: true, cause: { code } })
    } finally {
      await holder.unsafe('rollback')
      holder.release()
    }
    expect(await impatient.count()).toBe(1)
  })

  test('that cannot be found, or is not there', async () => {
    await using unknown = open({ url: 'postgres://nobody@no-such-host.invalid/x' })
    expect(await failing(unknown.ping())).toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: true })
    await using proxy = await startProxy({ host, port })
    await proxy.refuse()
    await using refused = open({ url: proxy.through(url) })
    expect(await failing(refused.ping())).toMatchObject({ code: 'SESS_UNAVAILABLE', cause: { code: 'ECONNREFUSED' } })
  })

  test('that does not answer a connection', async () => {
    await using proxy = await startProxy({ host, port })
    proxy.stall()
    await using store = open({ url: proxy.through(url), timeoutMs: 300 })
    expect(await failing(store.ping())).toMatchObject({ code: 'SESS_TIMEOUT', retryable: true })
    proxy.resume()
    await expect.poll(() => store.ping().then(() => 'answers', String), { timeout: 5_000 }).toBe('answers')
  })

  test('whose table refuses a record: it fails alone, and is not quoted', async () => {
    await using store = open<{ n?: number; card?: string }>({ table: 'guarded' })
    await store.ping()
    await admin.unsafe(`alter table ${schema}.guarded add check (payload not like '%4111%')`)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => store.create({ data: n === 7 ? { card: '4111-1111' } : { n } })),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map((_, n) => (n === 7 ? 'rejected' : 'fulfilled')))
    const { reason } = outcomes[7] as PromiseRejectedResult
    expect(reason).toMatchObject({ code: 'SESS_CONFIG', cause: { code: '23514' } })
    expect(inspect(reason, { depth: 9, showHidden: true })).not.toContain('4111')
  })

  test('whose trigger raises what it was given', async () => {
    await using store = open<{ n?: number; card?: string }>({ table: 'triggered' })
    await store.ping()
    await admin.unsafe(`
      create function ${schema}.complain() returns trigger language plpgsql as
        $$ begin raise exception 'not %', new.payload; end $$;
      create trigger complain before insert on ${schema}.triggered for each row execute function ${schema}.complain()`)
    const error = await failing(store.create({ data: { card: '4111-1111' } }))
    expect(error).toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: false, cause: { code: 'P0001' } })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('4111')
  })
})
