import { createConnection } from 'mysql2/promise'
import postgres from 'postgres'
import { describe, expect, it } from 'vitest'
import { isSkipped, shared } from '../src/index.ts'

describe('roles of less privilege', () => {
  for (const name of ['postgres15', 'postgres-newest', 'pgbouncer'] as const) {
    it.skipIf(isSkipped(name))(`can be made in ${name}, and log in by a password only`, async () => {
      const { url } = await shared(name)
      const admin = postgres(url, { max: 1, prepare: false, onnotice: () => {} })
      await admin.unsafe("DROP ROLE IF EXISTS testkit_guest; CREATE ROLE testkit_guest LOGIN PASSWORD 'of a guest'")
      const as = (password: string) => {
        const own = new URL(url)
        own.username = 'testkit_guest'
        own.password = password
        return postgres(own.href, { max: 1, prepare: false })
      }
      const guest = as('of a guest')
      expect(await guest`SELECT current_user AS name`).toMatchObject([{ name: 'testkit_guest' }])
      await expect(guest`CREATE ROLE another`).rejects.toThrow(/permission denied/)
      const stranger = as('guessed')
      await expect(stranger`SELECT 1`).rejects.toThrow(/password authentication failed|SASL/)
      await Promise.all([admin, guest, stranger].map((sql) => sql.end({ timeout: 1 })))
    })
  }

  for (const name of ['mysql9', 'mariadb'] as const) {
    it.skipIf(isSkipped(name))(`can be made in ${name}, and have only what is granted`, async () => {
      const { url, host, port } = await shared(name)
      const admin = await createConnection(url)
      await admin.query("CREATE OR REPLACE USER guest@'%' IDENTIFIED BY 'of a guest'").catch(async () => {
        await admin.query("DROP USER IF EXISTS guest@'%'") // MySQL has no OR REPLACE
        await admin.query("CREATE USER guest@'%' IDENTIFIED BY 'of a guest'")
      })
      await admin.query("GRANT SELECT ON test.* TO guest@'%'")
      const login = { host, port, user: 'guest', password: 'of a guest', database: 'test' }
      const guest = await createConnection(login)
      await expect(guest.query('SELECT 1')).resolves.toBeDefined()
      await expect(guest.query('CREATE TABLE denied (id int)')).rejects.toThrow(/denied/)
      await expect(createConnection({ ...login, password: 'guessed' })).rejects.toThrow(/denied/)
      guest.destroy()
      admin.destroy()
    })
  }
})
