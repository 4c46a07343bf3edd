import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address, Addresses, Endpoint, SingleName } from '@sess/testkit'
import mysql from 'mysql2/promise'
import postgres from 'postgres'

/** A place of one's own on a server, as a person hands it to the application. */
export interface StorePlace {
  readonly url: string
  readonly env?: Record<string, string>
  /** What has to go afterwards; keys of Redis expire. */
  remove?(): Promise<unknown>
}

export const storePlaces: {
  readonly [Name in SingleName]: (server: Addresses[Name]) => StorePlace | Promise<StorePlace>
} = {
  redis7: ({ url }) => onRedis(url),
  valkey9: ({ url }) => onRedis(url),
  'redis-cluster': ({ nodes }) => onRedis(`redis-cluster://${listOf(nodes)}`),
  'redis-sentinel': ({ sentinels, name }) => onRedis(`redis-sentinel://${listOf(sentinels)}/${name}`),
  'redis-tls': async ({ url, ca }) => {
    const folder = await mkdtemp(join(tmpdir(), 'sess-example-'))
    const caFile = join(folder, 'ca.pem')
    await writeFile(caFile, ca)
    return { ...onRedis(url), env: { NODE_EXTRA_CA_CERTS: caFile }, remove: () => rm(folder, { recursive: true }) }
  },
  postgres15: onPostgres,
  'postgres-newest': onPostgres,
  pgbouncer: (server) => onPostgres(server, { prepare: 'false' }),
  mysql9: onMysql,
  mariadb: onMysql,
}

function onRedis(url: string): StorePlace {
  const name = freshName()
  return { url: withQuery(url, { session_prefix: `${name}:session:`, state_prefix: `${name}:state:` }) }
}

async function onPostgres({ url }: Address, query: Record<string, string> = {}): Promise<StorePlace> {
  const schema = freshName()
  const ask = async (statement: string) => {
    const sql = postgres(url, { max: 1, prepare: false, onnotice() {} })
    await sql.unsafe(statement).finally(() => sql.end())
  }
  await ask(`create schema ${schema}`)
  return { url: withQuery(url, { ...query, schema }), remove: () => ask(`drop schema ${schema} cascade`) }
}

async function onMysql({ url }: Address): Promise<StorePlace> {
  const database = freshName()
  const ask = async (statement: string) => {
    const connection = await mysql.createConnection(url)
    await connection.query(statement).finally(() => connection.end())
  }
  await ask(`create database ${database}`)
  const own = new URL(url)
  own.pathname = database
  return { url: own.href, remove: () => ask(`drop database ${database}`) }
}

function freshName(): string {
  return `web_${randomBytes(6).toString('hex')}`
}

function listOf(endpoints: readonly Endpoint[]): string {
  return endpoints.map(({ host, port }) => `${host}:${port}`).join(',')
}

function withQuery(url: string, query: Record<string, string>): string {
  return `${url}${url.includes('?') ? '&' : '?'}${new URLSearchParams(query)}`
}
