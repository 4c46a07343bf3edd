import { randomBytes } from 'node:crypto'
import type { WithData } from '@sess/core'
import { type PostgresConfig, postgresStore } from '@sess/postgres'
import { type ServerName, shared } from '@sess/testkit'
import postgres from 'postgres'
import { afterAll } from 'vitest'
import { freshSchema } from './harness.ts'

/** A schema of the test file's own on a shared server; gone with the file. */
export async function ownSchema(server: ServerName = 'postgres15', at?: string) {
  const { url: whole, host, port } = await shared(server)
  const url = at ?? whole
  const admin = postgres(url, { max: 3, onnotice() {} })
  const schema = await freshSchema(admin)
  const roles: string[] = []
  afterAll(async () => {
    await admin.unsafe(`drop schema ${schema} cascade`)
    for (const role of roles) await admin.unsafe(`drop owned by ${role}; drop role ${role}`)
    await admin.end({ timeout: 1 })
  })

  return {
    url,
    host,
    port,
    schema,
    /** A client of the superuser. */
    admin,
    /** A store on tables of its own in the schema, unless `table` names them. */
    open: <Data extends { n?: number }>(config: PostgresConfig = {}) =>
      postgresStore<Data>({
        ...(config.sql === undefined && config.pool === undefined && { url }),
        schema,
        table: `t_${randomBytes(4).toString('hex')}`,
        ...config,
      } as WithData<PostgresConfig, Data>),
    /** The URL of a new role, and its name. `settings` follow CREATE ROLE. */
    async role(settings = '') {
      const name = `role_${randomBytes(4).toString('hex')}`
      await admin.unsafe(`create role ${name} login password 'secret' ${settings}`)
      roles.push(name)
      const asRole = new URL(url)
      asRole.username = name
      asRole.password = 'secret'
      return { name, url: asRole.href }
    },
  }
}

/** The URL of a database of the test file's own, whose advisory locks are nobody else's; gone with the file. */
export async function ownDatabase(server: ServerName = 'postgres15'): Promise<string> {
  const { url } = await shared(server)
  const name = `own_${randomBytes(4).toString('hex')}`
  const admin = postgres(url, { max: 1, idle_timeout: 1, onnotice() {} })
  await admin.unsafe(`create database ${name}`)
  afterAll(async () => {
    await admin.unsafe(`drop database ${name} with (force)`)
    await admin.end({ timeout: 1 })
  })
  return Object.assign(new URL(url), { pathname: `/${name}` }).href
}
