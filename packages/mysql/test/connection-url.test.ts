import { openStore } from '@sess/core'
import { mysqlStore } from '@sess/mysql'
import { type Address, shared } from '@sess/testkit'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { describe, expect, test } from 'vitest'
import { parseUrl } from '../src/config.ts'
import { isConnectionParameter, parseConnectionUrl, urlProblem } from '../src/connection-url.ts'
import { engines } from './engines.ts'
import { asRoot, dropTables, freshTable } from './harness.ts'

const base = 'mysql://app:hunter2@db/app'
const tlsOf = (query: string) => parseConnectionUrl(`${base}?${query}`).options.ssl

describe('TLS that a URL asks for', () => {
  const encrypted = { rejectUnauthorized: false }
  const authority = { rejectUnauthorized: true }
  const identity = { rejectUnauthorized: true, verifyIdentity: true }

  test.each([
    ['ssl-mode=REQUIRED', encrypted],
    ['ssl-mode=required', encrypted],
    ['sslmode=require', encrypted],
    ['ssl_mode=VERIFY_CA', authority],
    ['sslmode=verify-ca', authority],
    ['sslMode=VERIFY_IDENTITY', identity],
    ['sslmode=verify-full', identity],
    ['sslaccept=strict', identity],
    ['sslaccept=accept_invalid_certs', encrypted],
    ['ssl=true', authority],
    ['ssl={}', authority],
    ['ssl={"rejectUnauthorized":true}', authority],
    ['ssl={"rejectUnauthorized":false}', encrypted],
    ['ssl={"minVersion":"TLSv1.3","verifyIdentity":true}', { ...identity, minVersion: 'TLSv1.3' }],
    ['ssl=Amazon RDS', 'Amazon RDS'],
    ['ssl-ca=/etc/ca.pem', { ...authority, ca: '/etc/ca.pem' }],
    ['sslmode=verify-full&ssl-ca=/etc/ca.pem', { ...identity, ca: '/etc/ca.pem' }],
    // Of two, the stricter one.
    ['sslmode=require&sslaccept=strict', identity],
    ['ssl={"rejectUnauthorized":true}&sslaccept=accept_invalid_certs', authority],
  ])('%s', (query, ssl) => {
    expect(tlsOf(query)).toEqual(ssl)
  })

  test.each(['', 'ssl-mode=DISABLED', 'sslmode=disable', 'ssl=false'])('none with %j', (query) => {
    expect(tlsOf(query)).toBeUndefined()
  })

  test.each([
    'ssl-mode=PREFERRED', // would be plain text in silence
    'sslmode=prefer',
    'sslmode=',
    'ssl-mode=hunter2',
    'sslaccept=yes',
    'ssl=hunter2',
    'ssl=1',
    'ssl-mode=DISABLED&sslaccept=strict',
    'ssl=false&sslmode=require',
    'ssl-mode=DISABLED&ssl-ca=/etc/ca.pem',
  ])('%s is refused, in a URL string and in { url }, and no value is shown', async (query) => {
    for (const open of [
      async () => mysqlStore({ url: `${base}?${query}` }),
      () => openStore(`${base}?${query}`),
      () => openStore({ type: 'mysql', config: { url: `${base}?${query}` } }),
    ]) {
      const error = await open().then(
        () => undefined,
        (error: Error) => error,
      )
      expect(error).toMatchObject({ code: 'SESS_CONFIG', message: expect.stringContaining('url: must') })
      expect(String(error)).not.toContain('hunter2')
    }
  })
})

describe('the other parameters of a URL', () => {
  test('of { url } are refused where they are none about the connection, with the list of those that are', () => {
    for (const query of ['table=web', 'useSSL=true', 'tls=true', 'sslidentity=/p', 'multipleStatements=true']) {
      const open = () => mysqlStore({ url: `${base}?${query}` })
      expect(open).toThrow(expect.objectContaining({ code: 'SESS_CONFIG' }))
      expect(open).toThrow(/url: .*ssl-mode.*sslaccept.*socketPath/)
    }
    expect(urlProblem(`${base}?${encodeURIComponent('pass word=')}=x`)).toContain('…')
  })

  test('that other programs print are understood, or have no part in this store', () => {
    const printed =
      'connection_limit=3&pool_timeout=10&connect_timeout=5&socket_timeout=5&pgbouncer=true&charset=utf8mb4&timezone=Z'
    expect(parseConnectionUrl(`${base}?${printed}`)).toEqual({
      options: { host: 'db', port: 3306, user: 'app', password: 'hunter2', database: 'app' },
      max: 3,
    })
    expect(urlProblem(`${base}?connection_limit=0`)).toMatch(/connection_limit/)
  })

  test('all parts are decoded, and what is malformed is told without a value', () => {
    expect(
      parseConnectionUrl('mysql://a%40b:p%2Fw@[::1]:3307/d%20b?socketPath=%2Ftmp%2Fs&compress=true').options,
    ).toEqual({
      host: '::1',
      port: 3307,
      user: 'a@b',
      password: 'p/w',
      database: 'd b',
      socketPath: '/tmp/s',
      compress: true,
    })
    expect(urlProblem('mysql://app:hunter2%zz@db/app')).toMatch(/^must be a URL/)
    expect(urlProblem(`${base}?ssl=true&ssl=false`)).toMatch(/^must be a URL/)
  })

  test('of a URL string are divided: what is about the connection stays in the URL, the rest are options', () => {
    expect(parseUrl(`${base}?ssl-mode=REQUIRED&table=web&ttl=2h&connection_limit=3`)).toEqual({
      url: `${base}?ssl-mode=REQUIRED&connection_limit=3`,
      table: 'web',
      ttl: '2h',
    })
    expect(isConnectionParameter('toString')).toBe(false)
  })

  test('that name a file that cannot be read are SESS_CONFIG, told at the first use', async () => {
    await using store = mysqlStore({ url: 'mysql://root@127.0.0.1:1/test?ssl-ca=/nowhere/ca.pem' })
    await expect(store.ping()).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringContaining('ssl-ca'),
    })
  })
})

describe('a real server', () => {
  /** Whether the store's connections are encrypted, as the server says. */
  const cipher = async (server: Address, query: string) => {
    const user = freshTable()
    const table = freshTable()
    return asRoot(server, async (root: Pool) => {
      await root.query(`create user '${user}'@'%' identified by 'p' require ssl`)
      await root.query(`grant all on test.* to '${user}'@'%'`)
      try {
        await using store = mysqlStore({ url: `${server.url.replace('root@', `${user}:p@`)}${query}`, table })
        await store.create()
        const [rows] = await root.query<RowDataPacket[]>(`select count(*) as n from ${table}`)
        return rows[0]?.n
      } finally {
        await dropTables(root, table)
        await root.query(`drop user '${user}'@'%'`)
      }
    })
  }

  test.skipIf(!engines.includes('mysql9'))(
    'that lets a user in by TLS only is reached where TLS is asked for',
    async () => {
      const server = await shared('mysql9')
      for (const query of ['?ssl-mode=REQUIRED', '?sslmode=require', '?sslaccept=accept_invalid_certs']) {
        expect(await cipher(server, query)).toBe(1)
      }
      for (const query of ['?ssl=true', '?sslaccept=strict', '?ssl-mode=VERIFY_IDENTITY']) {
        await expect(cipher(server, query)).rejects.toMatchObject({
          code: 'SESS_CONFIG',
          message: expect.stringContaining('not trusted'),
        })
      }
      await expect(cipher(server, '')).rejects.toMatchObject({ code: 'SESS_CONFIG' })
    },
  )

  test.skipIf(!engines.includes('mariadb'))('that has no TLS is refused where TLS is asked for', async () => {
    await expect(cipher(await shared('mariadb'), '?ssl-mode=REQUIRED')).rejects.toMatchObject({
      code: 'SESS_CONFIG',
      message: expect.stringContaining('TLS'),
    })
  })
})
