import type { FaultEntry } from '@sess/core'

interface Phrase {
  readonly head: string
  /** Who says so: `pg` has no codes, and poolers use a few for everything. */
  readonly of: 'driver' | 'server'
  readonly entry: FaultEntry
}

const noDatabase: FaultEntry = { fault: 'missingSchema', message: 'the database does not exist' }
const ended: FaultEntry = { fault: 'unreachable', message: 'the client handed in was ended by its owner' }
const parameter: FaultEntry = {
  fault: 'misconfigured',
  message: 'the pooler does not take a parameter of the URL; set it on the role, or let the pooler ignore it',
}

const driver = (entry: FaultEntry, ...heads: string[]): Phrase[] => heads.map((head) => ({ head, of: 'driver', entry }))
const server = (entry: FaultEntry, ...heads: string[]): Phrase[] => heads.map((head) => ({ head, of: 'server', entry }))

/** Messages whose meaning no code tells. */
export const phrases: readonly Phrase[] = [
  ...driver(
    'unreachable',
    'Connection terminated',
    'Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
    'the connection was closed',
    'Client network socket disconnected before secure TLS connection was established',
  ),
  ...driver(ended, 'Cannot use a pool after calling end on the pool'),
  ...driver('late', 'timeout exceeded when trying to connect', 'timeout expired', 'Query read timeout'),
  ...driver(
    { fault: 'misconfigured', message: 'the server has no TLS, which the configuration asks for' },
    'The server does not support SSL connections',
    'There was an error establishing an SSL connection',
  ),
  ...driver('denied', 'SASL: ', 'SCRAM-SERVER-'),

  // PgBouncer
  ...server(parameter, 'unsupported startup parameter'),
  ...server(noDatabase, 'no such database'),
  ...server('denied', 'no such user', 'password authentication failed', 'SASL authentication failed', 'auth failed'),
  ...server('exhausted', 'no more connections allowed', 'query_wait_timeout'),
  ...server('late', 'query_timeout'),
  // Supavisor
  ...server('denied', 'Tenant or user not found'),
  ...server(
    'exhausted',
    'Max client connections reached',
    'MaxClientsInSessionMode',
    'Unable to check out process from the pool',
  ),
  // Neon
  ...server('denied', 'Endpoint ID is not specified'),
  ...server('exhausted', 'Failed to acquire permit to connect', 'Too many connections attempts'),
  ...server('starting', "Couldn't connect to compute node", 'Control plane request failed', 'Console request failed'),
  // others
  ...server('exhausted', 'Timed-out waiting to acquire database connection', 'could not get connection from the pool'),
]

/** Beginnings of other messages in which no value can stand. */
export const heads: readonly string[] = [
  ...phrases.map(({ head }) => head),
  'canceling statement due to conflict with recovery',
  'canceling statement due to lock timeout',
  'canceling statement due to statement timeout',
  'canceling statement due to user request',
  'cannot execute DELETE in a read-only transaction',
  'cannot execute INSERT in a read-only transaction',
  'cannot execute SELECT FOR UPDATE in a read-only transaction',
  'cannot execute UPDATE in a read-only transaction',
  'client_idle_timeout',
  'client_login_timeout',
  'could not extend file',
  'could not serialize access due to concurrent',
  'could not serialize access due to read/write dependencies',
  'could not write',
  'database is not accepting commands',
  'database is paused',
  'deadlock detected',
  'idle transaction timeout',
  'no pg_hba.conf entry',
  'out of memory',
  'out of shared memory',
  'permission denied for',
  'pgbouncer cannot connect to server',
  'pgbouncer is shutting down',
  'prepared statement',
  'remaining connection slots are reserved',
  'server closed the connection unexpectedly',
  'server conn crashed?',
  'server login failed',
  'server login has been failing',
  'sorry, too many clients already',
  'terminating connection because of crash of another server process',
  'terminating connection due to administrator command',
  'terminating connection due to conflict with recovery',
  'terminating connection due to idle-in-transaction timeout',
  'terminating connection due to idle-session timeout',
  'the database system is in recovery mode',
  'the database system is not accepting connections',
  'the database system is not yet accepting connections',
  'the database system is shutting down',
  'the database system is starting up',
  'The endpoint has been disabled',
  'too many connections for database',
  'too many connections for role',
  'Your account or project has exceeded',
  'Your project has exceeded',
  'write CONNECT_TIMEOUT',
  'write CONNECTION_CLOSED',
  'write CONNECTION_DESTROYED',
  'write CONNECTION_ENDED',
]
