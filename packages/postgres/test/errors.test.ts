import { inspect } from 'node:util'
import { type DriverFault, isSessionError, type SessionErrorCode } from '@sess/core'
import { startProxy } from '@sess/testkit'
import { describe, expect, test } from 'vitest'
import { endsConnection, faultOf, toSessionError } from '../src/errors.ts'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

describe('the table of errors', () => {
  /** As postgres.js tells of an error of the server, and as pg does. */
  const fromPostgresJs = (code: string, message = 'value "hunter2"') =>
    Object.assign(new Error(message), { name: 'PostgresError', severity_local: 'ERROR', code })
  const fromPg = (code: string, message = 'value "hunter2"') =>
    Object.assign(new Error(message), { name: 'error', severity: 'ERROR', code })
  const ofDriver = (code: string) => Object.assign(new Error(`write ${code} 127.0.0.1:5432`), { code })
  const ofPg = (message: string) => new Error(message)

  const states: [string, SessionErrorCode, DriverFault][] = [
    ['08006', 'SESS_UNAVAILABLE', 'unreachable'],
    ['08P01', 'SESS_UNAVAILABLE', 'unreachable'],
    ['0A000', 'SESS_CONFIG', 'misconfigured'],
    ['22021', 'SESS_CONFIG', 'refusedRow'],
    ['22P05', 'SESS_CONFIG', 'refusedRow'],
    ['23505', 'SESS_CONFIG', 'duplicate'],
    ['23514', 'SESS_CONFIG', 'refusedRow'],
    ['25006', 'SESS_UNAVAILABLE', 'readOnly'],
    ['25P03', 'SESS_TIMEOUT', 'late'],
    ['26000', 'SESS_CONFIG', 'misconfigured'],
    ['28000', 'SESS_CONFIG', 'denied'],
    ['28P01', 'SESS_CONFIG', 'denied'],
    ['3D000', 'SESS_CONFIG', 'missingSchema'],
    ['3F000', 'SESS_CONFIG', 'missingSchema'],
    ['40001', 'SESS_UNAVAILABLE', 'conflict'],
    ['40003', 'SESS_UNAVAILABLE', 'unknown'],
    ['40P01', 'SESS_UNAVAILABLE', 'conflict'],
    ['42501', 'SESS_CONFIG', 'denied'],
    ['42601', 'SESS_CONFIG', 'misconfigured'],
    ['42703', 'SESS_CONFIG', 'missingSchema'],
    ['42P01', 'SESS_CONFIG', 'missingSchema'],
    ['42P05', 'SESS_CONFIG', 'misconfigured'],
    ['53100', 'SESS_UNAVAILABLE', 'full'],
    ['53200', 'SESS_UNAVAILABLE', 'exhausted'],
    ['53300', 'SESS_UNAVAILABLE', 'exhausted'],
    ['54000', 'SESS_TOO_LARGE', 'tooLarge'],
    ['55P03', 'SESS_TIMEOUT', 'late'],
    ['57014', 'SESS_TIMEOUT', 'late'],
    ['57P01', 'SESS_UNAVAILABLE', 'starting'],
    ['57P03', 'SESS_UNAVAILABLE', 'starting'],
    ['57P05', 'SESS_UNAVAILABLE', 'unreachable'],
    ['58030', 'SESS_UNAVAILABLE', 'exhausted'],
    ['P0001', 'SESS_CONFIG', 'refusedRow'],
    ['XX000', 'SESS_UNAVAILABLE', 'unknown'],
    ['XX001', 'SESS_CORRUPT', 'damaged'],
    ['ZZ123', 'SESS_UNAVAILABLE', 'unknown'],
  ]
  const drivers: [Error & { code?: string }, SessionErrorCode, DriverFault][] = [
    [ofDriver('CONNECT_TIMEOUT'), 'SESS_TIMEOUT', 'late'],
    [ofDriver('CONNECTION_CLOSED'), 'SESS_UNAVAILABLE', 'unreachable'],
    [ofDriver('CONNECTION_DESTROYED'), 'SESS_UNAVAILABLE', 'unreachable'],
    [ofDriver('CONNECTION_ENDED'), 'SESS_UNAVAILABLE', 'unreachable'],
    [ofDriver('DEPTH_ZERO_SELF_SIGNED_CERT'), 'SESS_CONFIG', 'untrusted'],
    [ofDriver('ECONNREFUSED'), 'SESS_UNAVAILABLE', 'unreachable'],
    [ofDriver('ECONNRESET'), 'SESS_UNAVAILABLE', 'unreachable'],
    [ofDriver('ENOTFOUND'), 'SESS_UNAVAILABLE', 'unreachable'],
    [ofDriver('EPIPE'), 'SESS_UNAVAILABLE', 'unreachable'],
    [ofPg('Connection terminated unexpectedly'), 'SESS_UNAVAILABLE', 'unreachable'],
    [ofPg('Client has encountered a connection error and is not queryable'), 'SESS_UNAVAILABLE', 'unreachable'],
    [ofPg('timeout exceeded when trying to connect'), 'SESS_TIMEOUT', 'late'],
    [ofPg('Query read timeout'), 'SESS_TIMEOUT', 'late'],
    [ofPg('The server does not support SSL connections'), 'SESS_CONFIG', 'misconfigured'],
  ]
  /** What poolers and hosts say, most of it under a code that says something else. */
  const poolers: [string, string, DriverFault][] = [
    ['08P01', 'unsupported startup parameter: statement_timeout', 'misconfigured'],
    ['08P01', 'no such database: hunter2', 'missingSchema'],
    ['08P01', 'no more connections allowed (max_client_conn)', 'exhausted'],
    ['08P01', 'server login has been failing, try again later (server_login_retry)', 'unreachable'],
    ['08P01', 'query_wait_timeout', 'exhausted'],
    ['XX000', 'Tenant or user not found', 'denied'],
    ['XX000', 'MaxClientsInSessionMode: max clients reached', 'exhausted'],
    ['XX000', 'Control plane request failed', 'starting'],
  ]
  const retryable: ReadonlySet<SessionErrorCode> = new Set(['SESS_UNAVAILABLE', 'SESS_TIMEOUT'])

  test.each(states)('SQLSTATE %s is %s, whichever driver brings it', (state, code, fault) => {
    for (const error of [fromPostgresJs(state), fromPg(state)]) {
      expect(toSessionError(error)).toMatchObject({ code, retryable: retryable.has(code), cause: { code: state } })
      expect(faultOf(error)).toBe(fault)
    }
  })

  test.each(drivers)('$message is $1', (error, code, fault) => {
    expect(toSessionError(error)).toMatchObject({ code })
    expect(faultOf(error)).toBe(fault)
  })

  test.each(poolers)('%s "%s" is told as %s, with its words', (state, message, fault) => {
    const error = fromPostgresJs(state, message)
    expect(faultOf(error)).toBe(fault)
    const { cause } = toSessionError(error) as { cause: Error }
    expect(message.startsWith(cause.message)).toBe(true)
    expect(inspect(cause)).not.toContain('hunter2')
  })

  test('does not take the error of an application for the server’s, whatever code it carries', () => {
    const thrown = Object.assign(new Error('thrown by a transform of the application'), { code: '23505' })
    expect(faultOf(thrown)).toBeUndefined()
    expect(toSessionError(thrown)).toBeUndefined()
  })

  test('is not worth another try where the owner of the client has ended it', () => {
    for (const error of [ofDriver('CONNECTION_ENDED'), ofPg('Cannot use a pool after calling end on the pool')]) {
      expect(toSessionError(error)).toMatchObject({ code: 'SESS_UNAVAILABLE', retryable: false })
    }
  })

  test('says which errors end a connection', () => {
    const fatal = Object.assign(fromPg('XX000'), { severity: 'FATAL' })
    const ending = [fromPg('25006'), fromPg('57P01'), fromPg('57P05'), fromPg('08006'), fromPg('58030'), fatal]
    for (const error of [...ending, ofDriver('ECONNRESET')]) expect(endsConnection(error)).toBe(true)
    for (const state of ['23505', '40001', '57014', '55P03', '42P01', '53200']) {
      expect(endsConnection(fromPg(state))).toBe(false)
      expect(endsConnection(fromPostgresJs(state))).toBe(false)
    }
  })

  test('passes no message on that may quote a value', () => {
    for (const [state] of states) {
      expect(inspect(toSessionError(fromPg(state)), { depth: 9, showHidden: true })).not.toContain('hunter2')
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
    expect(error).toMatchObject({ code: 'SESS_CONFIG', retryable: false, cause: { code: 'P0001' } })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('4111')
  })
})
