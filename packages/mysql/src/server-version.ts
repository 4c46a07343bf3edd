import { SessionError } from '@sess/core'

/** The oldest releases with JSON_TABLE and SKIP LOCKED, which the statements use. */
const oldest = { MySQL: [8, 0], MariaDB: [10, 6] } as const

/** `version`: the answer to `SELECT VERSION()`. @throws `SESS_CONFIG` for a server that is too old */
export function refuseOldServer(version: string): void {
  const product = isMariadb(version) ? 'MariaDB' : 'MySQL'
  // MariaDB may put 5.5.5- in front, for old replicas.
  const [, major, minor] = /^(?:5\.5\.5-(?=\d+\.\d+\.\d+-mariadb))?(\d+)\.(\d+)/i.exec(version) ?? []
  const [oldestMajor, oldestMinor] = oldest[product]
  const isOld = Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor)
  if (isOld) {
    throw new SessionError(
      'SESS_CONFIG',
      `MySQL: the server is ${product} ${major}.${minor}; sessions need MySQL 8.0 or later, or MariaDB 10.6 or later`,
    )
  }
}

/** `version`: the answer to `SELECT VERSION()`. */
export function isMariadb(version: string): boolean {
  return /mariadb/i.test(version)
}
