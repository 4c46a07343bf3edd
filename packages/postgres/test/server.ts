import { randomBytes } from 'node:crypto'
import { type PostgresConfig, postgresStore } from '@sess/postgres'
import { type ServerName, shared } from '@sess/testkit'
import postgres from 'postgres'
import { afterAll } from 'vitest'
import { freshSchema } from './harness.ts'

/** A schema of the test file's own on a shared server; gone with the file. */
export async function ownSchema(server: ServerName = 'postgres15') {
  const { url, host, port } = await shared(server)
  const admin = postgres(url, { max: 2, onnotice() {} })
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
        ...(config.sql === undefined && { url }),
        schema,
        table: `t_${randomBytes(4).toString('hex')}`,
        ...config,
      }),
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
