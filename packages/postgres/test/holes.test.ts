import postgres from 'postgres'
import { afterAll, describe, expect, test } from 'vitest'
import { sqlResult } from '../src/connection.ts'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

describe('an answer of the driver', () => {
  test('that begins with holes is put right by its count', () => {
    const rows: string[][] = []
    rows[3] = ['a']
    rows[4] = ['b']
    expect(sqlResult(rows, 2)).toEqual({ rows: [['a'], ['b']], affected: 2 })
  })

  test('that contradicts itself is an error, and no absence', () => {
    const withHole: string[][] = []
    withHole[1] = ['b']
    expect(() => sqlResult(withHole, 2)).toThrow(/contradicts itself/)
    expect(() => sqlResult([['a']], 2)).toThrow(/contradicts itself/)
    expect(() => sqlResult([undefined as never], 1)).toThrow(/contradicts itself/)
  })

  test('of a write that gives no rows is its count', () => {
    expect(sqlResult([], 3)).toEqual({ rows: [], affected: 3 })
    expect(sqlResult([], null)).toEqual({ rows: [], affected: 0 })
  })
})

onServer('postgres15', 'after a statement of the application that failed half-way on the same connection', async () => {
  const { url, open } = await ownSchema()
  const sql = postgres(url, { max: 1, onnotice() {} })
  const store = open<{ n?: number }>({ sql, cleanupInterval: false })
  afterAll(async () => {
    await store.close()
    await sql.end({ timeout: 1 })
  })
  const failHalfWay = async () => {
    const failed = await sql`select 1 / (x - 3) from generate_series(1, 5) x`.catch(() => 'failed')
    expect(failed).toBe('failed')
  }
  const identity = { providerId: 'github', externalId: 'user_888' }

  test('every answer is right', async () => {
    const { id } = await store.create({ identity, data: { n: 1 } })
    await failHalfWay()
    expect((await store.load(id))?.data).toEqual({ n: 1 })
    await failHalfWay()
    expect(await store.exists(id)).toBe(true)
    await failHalfWay()
    expect(await store.count()).toBe(1)
    await failHalfWay()
    expect(await store.touch(id)).toBeInstanceOf(Date)
    await failHalfWay()
    expect(await store.listByIdentity(identity)).toHaveLength(1)
    await failHalfWay()
    const updated = await store.update(id, (session) => {
      session.data.n = 2
    })
    expect(updated?.data).toEqual({ n: 2 })
    await failHalfWay()
    const rotated = await store.rotate(id)
    expect(rotated?.id).not.toBe(id)
    await failHalfWay()
    expect(await store.delete(rotated?.id ?? '')).toBe(true)
    const state = await store.putState({ data: { verifier: 'v' } })
    await failHalfWay()
    expect(await store.consumeState(state)).toMatchObject({ data: { verifier: 'v' } })
  })
})
