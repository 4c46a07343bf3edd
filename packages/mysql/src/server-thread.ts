import { SessionError } from '@sess/core'
import type { Connection } from 'mysql2'
import { sendQuery } from './execute.ts'
import { isMariadb, refuseOldServer } from './server-version.ts'

/** A connection, as the server names it. */
export interface ServerThread {
  readonly id: string
  /** The client's address. No other connection ever has the same id and address, even after a restart. Null: unknown. */
  readonly host: string | null
  /** The server, where several are behind one address. */
  readonly server: string
}

/** The facts that a connection tells before its first use. */
export interface Introduction {
  readonly thread: ServerThread
  readonly database: unknown
  /** The session's variables, of those in `names` that this server has. */
  readonly variables: Variables
}

export type Variables = ReadonlyMap<string, string>

const names = [
  'autocommit',
  'character_set_connection',
  'group_replication_consistency',
  'group_replication_single_primary_mode',
  'max_allowed_packet',
  'max_execution_time',
  'max_statement_time',
  'transaction_isolation',
  'tx_isolation',
  'wsrep_on',
  'wsrep_sync_wait',
]
/** Has a LIMIT of its own. SHOW would obey sql_select_limit. */
const variablesIn = (schema: string) => `select variable_name, variable_value from ${schema}.session_variables
  where variable_name in (${names.map((name) => `'${name}'`).join(', ')}) limit ${names.length}`
const whoAmI = `select version(), @@hostname, @@port, @@server_id, database(), connection_id(),
  (select host from information_schema.processlist where id = connection_id()) limit 1`

/**
 * Asks a connection for these facts. `known`: those of another connection with the same setup. On the same server its variables
 * are used again.
 * @throws `SESS_CONFIG` for a server that is too old
 */
export async function introduce(connection: Connection, known?: Introduction): Promise<Introduction> {
  const [self = []] = await sendQuery(connection, whoAmI)
  const [version, hostname, port, serverId, database, id, host] = self
  refuseOldServer(String(version))
  const server = [hostname, port, serverId].join(' ')
  // A proxy that shares connections among clients tells each client a number of its own.
  const isDirect = Number(id) % 2 ** 32 === connection.threadId
  const thread = { id: String(id), host: isDirect && typeof host === 'string' ? host : null, server }
  const variables = known?.thread.server === server ? known.variables : await variablesOf(connection, String(version))
  return { thread, database, variables }
}

async function variablesOf(connection: Connection, version: string): Promise<Variables> {
  const schema = isMariadb(version) ? 'information_schema' : 'performance_schema'
  const rows = await sendQuery(connection, variablesIn(schema))
  return new Map(rows.map(([name, value]) => [String(name).toLowerCase(), String(value)]))
}

/** Asks which of these connections the server still has, and returns the host of each by its id. */
export async function threadsAt(connection: Connection, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const numbers = ids.filter((id) => /^\d+$/.test(id)).join(', ')
  const rows = await sendQuery(
    connection,
    `select id, host from information_schema.processlist where id in (${numbers || 'null'}) limit ${ids.length + 1}`,
  )
  return new Map(rows.map(([id, host]) => [String(id), String(host)]))
}

/** @throws `SESS_CONFIG` for a handed-in connection whose settings would change the store's answers */
export function refuseSettings({ variables }: Introduction): void {
  const problems: string[] = []
  if (Number(variables.get('sql_select_limit')) < leastSelectLimit) {
    problems.push('sql_select_limit cuts answers short; set sql_select_limit = default')
  }
  // In these a string of ASCII has other bytes, so a key would equal no stored one.
  if (/^(utf16|utf16le|utf32|ucs2)$/.test(variables.get('character_set_connection') ?? '')) {
    problems.push('character_set_connection gives strings other bytes; set character_set_connection = utf8mb4')
  }
  if (waitsForNobody(variables)) {
    problems.push(
      'a node of a Galera cluster answers with what it has not yet heard of others; set wsrep_sync_wait = 15',
    )
  }
  if (problems.length === 0) return
  const message = `MySQL: the connections of the pool have settings that change results: ${problems.join('; ')}`
  throw new SessionError('SESS_CONFIG', message)
}

/** A statement without a LIMIT never returns more rows than this. */
const leastSelectLimit = 1_000
const readsAndWrites = 7

function waitsForNobody(variables: Variables): boolean {
  return isGalera(variables) && (Number(variables.get('wsrep_sync_wait')) & readsAndWrites) !== readsAndWrites
}

/** The first settings of an own connection. Some of the defaults would change the very next answer. */
export const ownSettings = `set session autocommit = 1, sql_safe_updates = 0, sql_select_limit = default,
  sql_big_selects = 1, max_sort_length = 1024, sql_auto_is_null = 0, character_set_connection = utf8mb4`

/** The further settings of an own connection, which depend on the server. */
export function serverSettings({ variables }: Introduction, timeoutMs: number): string {
  const isolation = variables.has('transaction_isolation') ? 'transaction_isolation' : 'tx_isolation'
  const settings = [
    ...limitsOf(variables, timeoutMs),
    // Gap locks (on keys that do not exist) would make writers of different keys deadlock.
    `${isolation} = 'READ-COMMITTED'`,
    // A statement first waits for all that other nodes have committed.
    ...(isGalera(variables) ? ['wsrep_sync_wait = 15'] : []),
    ...(isLaxGroup(variables) ? [`group_replication_consistency = 'BEFORE'`] : []),
  ]
  return `set session ${settings.join(', ')}`
}

/** The server's own limits for work with a time limit. They are a little below it. */
export function serverLimits({ variables }: Introduction, timeoutMs: number): string {
  return `set session ${limitsOf(variables, timeoutMs).join(', ')}`
}

function limitsOf(variables: Variables, timeoutMs: number): string[] {
  const limitMs = Math.max(1, Math.floor(timeoutMs * 0.85))
  const seconds = Math.max(1, Math.floor(limitMs / 1000))
  return [
    `innodb_lock_wait_timeout = ${seconds}`,
    `lock_wait_timeout = ${seconds}`,
    ...(variables.has('max_statement_time') ? [`max_statement_time = ${limitMs / 1000}`] : []),
    ...(variables.has('max_execution_time') ? [`max_execution_time = ${limitMs}`] : []),
  ]
}

/** Whether it is a multi-primary group of MySQL whose members do not wait for each other's commits. */
function isLaxGroup(variables: Variables): boolean {
  return (
    variables.get('group_replication_single_primary_mode') === 'OFF' &&
    /^(EVENTUAL|BEFORE_ON_PRIMARY_FAILOVER)$/.test(variables.get('group_replication_consistency') ?? '')
  )
}

function isGalera(variables: Variables): boolean {
  return variables.get('wsrep_on') === 'ON'
}
