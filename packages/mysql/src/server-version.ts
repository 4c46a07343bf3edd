import { SessionError } from '@sess/core'

/** The oldest release of each that has all that the statements use: JSON_TABLE, SKIP LOCKED. */
const oldest = { MySQL: [8, 0], MariaDB: [10, 6] } as const

/** @throws `SESS_CONFIG` for a server that is too old, by what `SELECT VERSION()` says of it */
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

/** By what `SELECT VERSION()` says. */
export function isMariadb(version: string): boolean {
  return /mariadb/i.test(version)
}
