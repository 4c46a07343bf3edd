import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionStore } from '@sess/core'
import { mysqlSchema, mysqlStore } from '@sess/mysql'
import { shared } from '@sess/testkit'
import { describe, expect, test } from 'vitest'
import { type Engine, engines } from './engines.ts'
import { asRoot, freshTable } from './harness.ts'

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')

/** The GRANT statements of the README, for another user, database and table. */
function grants(mode: 'migrate: true' | 'migrate: false', database: string): string[] {
  const block = readme.split('```sql').find((text) => text.startsWith(`\n-- ${mode}`)) ?? ''
  const statements = (block.split('```')[0] ?? '').split('\n').filter((line) => line.startsWith('grant'))
  expect(statements.length).toBeGreaterThan(0)
  return statements.map((line) => line.replaceAll('app.', `${database}.`).replace("'app'@", `'${database}'@`))
}

/** Uses a database of its own, and a user who has the rights that the README names. */
async function asUser(
  name: Engine,
  rights: (database: string) => string[],
  use: (url: string) => Promise<void>,
  migrated: boolean,
) {
  const server = await shared(name)
  const database = freshTable()
  await asRoot(server, async (root) => {
    await root.query(`create database ${database}`)
    await root.query(`create user '${database}'@'%' identified by 'p'`)
  })
  const url = server.url.replace('root@', `${database}:p@`).replace(/\/test$/, `/${database}`)
  try {
    await asRoot(
      server,
      async (root) => {
        if (migrated) {
          await root.query(`use ${database}`)
          for (const text of mysqlSchema()
            .split(';')
            .filter((text) => text.trim() !== ''))
            await root.query(text)
        }
        for (const grant of rights(database)) await root.query(grant)
      },
      { connectionLimit: 1 },
    )
    await use(url)
  } finally {
    await asRoot(server, async (root) => {
      await root.query(`drop user '${database}'@'%'`)
      await root.query(`drop database ${database}`)
    })
  }
}

async function useEverything(store: SessionStore): Promise<void> {
  const identity = { providerId: 'github', externalId: 'user_888' }
  const { id } = await store.create({ identity })
  await store.update(id, ({ data }) => {
    data.n = 1
  })
  await store.touch(id)
  const rotated = await store.rotate(id)
  expect(rotated?.data).toEqual({ n: 1 })
  await store.save({ id: 'made-by-hand', expiresAt: new Date(Date.now() + 60_000), identity })
  expect(await store.listByIdentity(identity)).toHaveLength(2)
  expect(await store.consumeState(await store.putState())).not.toBeNull()
  await store.cleanExpired()
  expect(await store.count()).toBe(2)
  for await (const summary of store.entries()) expect(summary.handle).toBeTypeOf('string')
  expect(await store.deleteByIdentity(identity)).toBe(2)
}

describe.each(engines)('%s', (name) => {
  test.each(['migrate: true', 'migrate: false'] as const)('the rights that the README names are enough: %s', (mode) =>
    asUser(
      name,
      (database) => grants(mode, database),
      async (url) => {
        await using store = mysqlStore({ url, migrate: mode === 'migrate: true' })
        await useEverything(store)
      },
      mode === 'migrate: false',
    ),
  )

  test('without the right to create a table: SESS_CONFIG that says so', () =>
    asUser(
      name,
      (database) => [`grant select on ${database}.* to '${database}'@'%'`],
      async (url) => {
        await using store = mysqlStore({ url })
        await expect(store.create()).rejects.toMatchObject({
          code: 'SESS_CONFIG',
          message: expect.stringContaining('refuses the user, the password or a right'),
        })
      },
      false,
    ))

  test('with the tables, and without the right to write them: SESS_CONFIG that says so, and they are read', () =>
    asUser(
      name,
      (database) => [`grant select on ${database}.* to '${database}'@'%'`],
      async (url) => {
        for (const migrate of [true, false]) {
          await using store = mysqlStore({ url, migrate })
          await expect(store.create()).rejects.toMatchObject({
            code: 'SESS_CONFIG',
            message: expect.stringContaining('refuses the user, the password or a right'),
            cause: { code: 'ER_TABLEACCESS_DENIED_ERROR' },
          })
          expect(await store.count()).toBe(0)
        }
      },
      true,
    ))

  test('with tables that the user may not even see, and with migrate: false: SESS_CONFIG that names the table', () =>
    asUser(
      name,
      (database) => [`grant select on ${database}.sess_schema to '${database}'@'%'`],
      async (url) => {
        await using store = mysqlStore({ url, migrate: false })
        await expect(store.create()).rejects.toMatchObject({
          code: 'SESS_CONFIG',
          message: expect.stringContaining('sess_sessions'),
        })
      },
      true,
    ))
})
