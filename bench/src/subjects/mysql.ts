import KeyvMysql from '@keyv/mysql'
import { mysqlStore } from '@sess/mysql'
import createMysqlStore from 'express-mysql-session'
import session from 'express-session'
import Keyv from 'keyv'
import mysql, { type RowDataPacket } from 'mysql2/promise'
import type { SampleData } from '../sample-session.ts'
import { type ExpressStore, expressSubject } from './express-subject.ts'
import { keyvSubject } from './keyv-subject.ts'
import { rawSubject } from './raw-subject.ts'
import { sessSubject } from './sess-subject.ts'
import { type Place, poolSize, type Subject, type SubjectDefinition } from './subject.ts'

export const subjects: readonly SubjectDefinition[] = [
  {
    role: 'sess',
    name: '@sess/mysql',
    packages: ['@sess/mysql', 'mysql2'],
    configuration: 'url; its own pool of 10 connections',
    async open({ url, namespace: table, now }) {
      return sessSubject(mysqlStore<SampleData>({ url, table, now }), () => databaseSize(url))
    },
  },
  {
    role: 'peer',
    name: 'express-mysql-session',
    packages: ['express-mysql-session', 'mysql2'],
    configuration: `a pool of mysql2 with ${poolSize}; its own table; clears the expired every 15 minutes, touch enabled (its defaults)`,
    async open({ url, namespace: tableName }) {
      const pool = mysql.createPool({ uri: url, connectionLimit: poolSize })
      const MysqlStore = createMysqlStore(session)
      const store = new MysqlStore({ schema: { tableName } }, pool as never)
      await store.onReady()
      return expressSubject(store as unknown as ExpressStore, {
        async expiresAt(key) {
          const sql = 'SELECT expires FROM ?? WHERE session_id = ?'
          const [rows] = await pool.query<RowDataPacket[]>(sql, [tableName, key])
          return rows[0] ? rows[0].expires * 1000 : null
        },
        bytesAtRest: () => databaseSize(url),
        close: () => pool.end(),
      })
    },
  },
  {
    role: 'keyv',
    name: '@keyv/mysql',
    packages: ['keyv', '@keyv/mysql', 'mysql2'],
    configuration: `uri; a pool of mysql2 with ${poolSize}`,
    async open({ url: uri, namespace: table }) {
      const keyv = new Keyv({ store: new KeyvMysql({ uri, table, connectionLimit: poolSize }) })
      return keyvSubject(keyv, () => databaseSize(uri))
    },
  },
  {
    role: 'raw',
    name: 'mysql2, one statement',
    packages: ['mysql2'],
    configuration: `prepared, a pool of ${poolSize}; an index on the expiry`,
    open: (place) => open(place, false),
  },
  {
    role: 'batch',
    name: 'mysql2, 64 in a statement',
    packages: ['mysql2'],
    configuration: `IN and an upsert of many rows, a pool of ${poolSize}; an index on the expiry`,
    open: (place) => open(place, true),
  },
]

async function open({ url, namespace: table }: Place, inBatches: boolean): Promise<Subject> {
  const pool = mysql.createPool({ uri: url, connectionLimit: poolSize })
  await pool.query(
    `CREATE TABLE IF NOT EXISTS ${table} (
      id varchar(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
      data mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
      expires bigint NOT NULL,
      INDEX (expires))`,
  )
  // Of MySQL and MariaDB only MariaDB lacks the newer form of this, and MySQL still takes the older.
  const upsert = (rows: string) => `INSERT INTO ${table} (id, data, expires) VALUES ${rows}
    ON DUPLICATE KEY UPDATE data = VALUES(data), expires = VALUES(expires)`
  const driver = {
    async get(key: string) {
      const sql = `SELECT data FROM ${table} WHERE id = ? AND expires > ?`
      const [rows] = await pool.execute<RowDataPacket[]>(sql, [key, Date.now()])
      return rows[0]?.data as string | undefined
    },
    set: (key: string, text: string, expiresAt: number) => pool.execute(upsert('(?, ?, ?)'), [key, text, expiresAt]),
    touch: (key: string, expiresAt: number) =>
      pool.execute(`UPDATE ${table} SET expires = ? WHERE id = ?`, [expiresAt, key]),
    delete: (key: string) => pool.execute(`DELETE FROM ${table} WHERE id = ?`, [key]),
    async expiresAt(key: string) {
      const [rows] = await pool.execute<RowDataPacket[]>(`SELECT expires FROM ${table} WHERE id = ?`, [key])
      return rows[0] ? Number(rows[0].expires) : null
    },
    bytesAtRest: () => databaseSize(url),
    close: () => pool.end(),
  }
  const batches = {
    async get(keys: readonly string[]) {
      const sql = `SELECT id, data FROM ${table} WHERE id IN (?) AND expires > ?`
      const [rows] = await pool.query<RowDataPacket[]>(sql, [keys, Date.now()])
      const texts = new Map(rows.map(({ id, data }) => [id as string, data as string]))
      return keys.map((key) => texts.get(key))
    },
    set: (keys: string[], texts: string[], expiresAt: number) =>
      pool.query(upsert('?'), [keys.map((key, index) => [key, texts[index], expiresAt])]),
  }
  return rawSubject(driver, inBatches ? batches : undefined)
}

/** The files of the tables in the URL's database, which InnoDB extends in steps. */
async function databaseSize(url: string): Promise<number> {
  const connection = await mysql.createConnection(url)
  try {
    const [[version]] = await connection.query<RowDataPacket[]>('SELECT version() AS name')
    const spaces = `INNODB_${/maria/i.test(version?.name) ? 'SYS_' : ''}TABLESPACES`
    const sql = `SELECT sum(FILE_SIZE) AS bytes FROM information_schema.${spaces} WHERE NAME LIKE ?`
    const [[row]] = await connection.query<RowDataPacket[]>(sql, [`${connection.config.database}/%`])
    return Number(row?.bytes ?? 0)
  } finally {
    await connection.end()
  }
}
