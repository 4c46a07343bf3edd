import { SessionError } from '@sess/core'

/** The Node-API that better-sqlite3 13 is built on. An older runtime does not refuse it: the process crashes. */
const least = 10

/**
 * Ends in an error that says what is needed where better-sqlite3 would crash the process.
 * @throws `SESS_CONFIG`
 */
export function assertNodeApi(has: string | undefined = process.versions.napi): void {
  if (Number(has) < least) {
    throw new SessionError(
      'SESS_CONFIG',
      `SQLite: better-sqlite3 13 needs Node-API ${least}, which Node has from 22.14 on; this runtime has Node-API ${has}`,
    )
  }
}
