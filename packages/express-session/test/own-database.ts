import { randomBytes } from 'node:crypto'
import { type SingleName, shared } from '@sess/testkit'
import pg from 'pg'

/**
 * A database of the test's own where the server is PostgreSQL: connect-pg-simple gives the index of each of its tables the
 * same name. On any other server it is the shared one.
 */
export async function ownDatabase(server: SingleName): Promise<string> {
  const { url } = await shared(server)
  if (!server.startsWith('postgres')) return url
  const name = `peer_${randomBytes(4).toString('hex')}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  return Object.assign(new URL(url), { pathname: `/${name}` }).href
}
