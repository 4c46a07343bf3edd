import { describe, expect, test, vi } from 'vitest'
import { parseUrl } from '../src/config.ts'
import { readUrl } from '../src/url.ts'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

describe('the URL of a server', () => {
  const only = (url: string) => readUrl(url).targets[0]

  test('says where it is and who logs in', () => {
    expect(only('postgres://app:p%40ss@db.example.com:6543/web')).toMatchObject({
      host: 'db.example.com',
      port: 6543,
      user: 'app',
      password: 'p@ss',
      database: 'web',
      tls: null,
      prepare: true,
      parameters: { application_name: 'sess' },
    })
  })

  test('may name several hosts, an address of IPv6 and a folder of sockets', () => {
    const hostsOf = (url: string) => readUrl(url).targets.map(({ host, port }) => `${host} ${port}`)
    expect(hostsOf('postgres://app@one,two:5433/db')).toEqual(['one 5432', 'two 5433'])
    expect(hostsOf('postgres://app@[::1]:5433/db')).toEqual(['::1 5433'])
    expect(hostsOf('postgres://app@%2Fvar%2Frun%2Fpostgresql/db')).toEqual(['/var/run/postgresql 5432'])
    expect(hostsOf('postgres://app@/db?host=/var/run/postgresql')).toEqual(['/var/run/postgresql 5432'])
  })

  test('leaves to the environment what it does not say', () => {
    vi.stubEnv('PGHOST', 'elsewhere')
    vi.stubEnv('PGPORT', '7000')
    vi.stubEnv('PGUSER', 'me')
    vi.stubEnv('PGPASSWORD', 'secret')
    vi.stubEnv('PGDATABASE', 'mine')
    vi.stubEnv('PGSSLMODE', 'require')
    const target = only('postgres://')
    vi.unstubAllEnvs()
    expect(target).toMatchObject({ host: 'elsewhere', port: 7000, user: 'me', password: 'secret', database: 'mine' })
    expect(target?.tls).not.toBeNull()
  })

  test.each([
    ['sslmode=disable', null],
    ['sslmode=prefer', { isOptional: true, options: { rejectUnauthorized: false } }],
    ['sslmode=require', { isOptional: false, options: { rejectUnauthorized: false } }],
    ['sslmode=no-verify', { options: { rejectUnauthorized: false } }],
    ['sslmode=verify-ca', { options: { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) } }],
    ['sslmode=verify-full', { options: { rejectUnauthorized: true } }],
    ['ssl=true', { options: { rejectUnauthorized: true } }],
    ['ssl=require', { options: { rejectUnauthorized: false } }],
    ['sslrootcert=system', { options: { rejectUnauthorized: true } }],
    ['sslaccept=strict', { options: { rejectUnauthorized: true } }],
    ['sslaccept=accept_invalid_certs', { options: { rejectUnauthorized: false } }],
    ['sslmode=require&sslnegotiation=direct', { isDirect: true }],
  ])('keeps the TLS that %s asks for', (query, tls) => {
    const target = only(`postgres://app@db/web?${query}`)
    if (tls === null) expect(target?.tls).toBeNull()
    else expect(target?.tls).toMatchObject(tls)
  })

  test.each([
    ['Neon', '?sslmode=require&channel_binding=require', { channelBinding: true }],
    ['Supabase, its pooler', '?pgbouncer=true&connection_limit=1', { prepare: false }],
    ['Vercel', '?sslmode=require&supa=base-pooler.x&workaround=supabase-pooler.vercel', {}],
    ['Vercel, for Prisma', '?pgbouncer=true&connect_timeout=15&sslmode=require', { prepare: false }],
    [
      'Prisma',
      '?schema=public&connection_limit=5&pool_timeout=10&socket_timeout=5&statement_cache_size=0',
      { prepare: false },
    ],
    ['libpq', '?connect_timeout=10&keepalives=1&keepalives_idle=30&gssencmode=disable', { keepAliveSeconds: 30 }],
    ['an endpoint in the options', '?options=endpoint%3Dep-cool-1', { parameters: { options: 'endpoint=ep-cool-1' } }],
  ])('is understood as %s prints it', (_host, query, expected) => {
    const url = `postgres://app:secret@db.example.com/web${query}`
    expect(only(url)).toMatchObject(expected)
    expect(() => parseUrl(url)).not.toThrow()
  })

  test('may limit connections, their idle time and their life, and name the schema', () => {
    const url =
      'postgres://app@db/web?connection_limit=3&idle_timeout=20&max_lifetime=60&schema=web&target_session_attrs=primary'
    expect(readUrl(url)).toMatchObject({
      max: 3,
      idleTimeoutMs: 20_000,
      maxLifetimeMs: 60_000,
      schema: 'web',
      writable: true,
    })
  })

  test('is refused with everything that may not stand there, and shows no password', () => {
    const url = 'postgres://app:hunter2@db/web?sslmod=require&sslmode=maybe&connection_limit=0&sslcert=/nowhere'
    const refuse = () => readUrl(url)
    expect(refuse).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
    expect(refuse).toThrow(/sslmod is not known.*sslmode cannot be used.*connection_limit cannot.*sslcert cannot/)
    expect(refuse).toThrow(/These may stand in a URL: .*sslmode/)
    expect(refuse).not.toThrow(/hunter2|maybe|nowhere/)
  })
})

onServer('postgres15', 'a store whose URL', async () => {
  const { url, open, admin, schema } = await ownSchema()

  test('asks for TLS gets it, or is refused', async () => {
    await using store = open({ url: `${url}?sslmode=require` })
    await expect(store.ping()).rejects.toMatchObject({ retryable: expect.any(Boolean) })
    await using optional = open({ url: `${url}?sslmode=prefer` })
    await optional.ping()
  })

  test('limits its connections keeps to that', async () => {
    await using store = open({ url: `${url}?connection_limit=1&application_name=one_${schema}`, coalesce: false })
    await Promise.all(Array.from({ length: 20 }, () => store.create()))
    expect(await admin`select 1 from pg_stat_activity where application_name = ${`one_${schema}`}`).toHaveLength(1)
  })

  test('limits the idle time of connections lets them go', async () => {
    const name = `idle_${schema}`
    await using store = open({ url: `${url}?idle_timeout=1&application_name=${name}`, cleanupInterval: false })
    await store.create()
    const connections = () => admin`select 1 from pg_stat_activity where application_name = ${name}`
    await expect.poll(connections, { timeout: 10_000 }).toHaveLength(0)
    await store.create()
  })
})
