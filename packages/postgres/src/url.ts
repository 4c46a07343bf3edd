import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { ConnectionOptions } from 'node:tls'
import { SessionError } from '@sess/core'
import { splitUrl } from '@sess/core/config'
import type { Target, Tls } from './target.ts'

/** What a URL says. What it leaves open is undefined. */
export interface ConnectionUrl {
  /** One for each host. */
  readonly targets: readonly Target[]
  readonly max: number | undefined
  readonly schema: string | undefined
  readonly idleTimeoutMs: number
  readonly maxLifetimeMs: number
  /** Whether hosts are passed over that take no writes. */
  readonly writable: boolean
}

interface Draft {
  hosts: { host: string; port: number }[]
  prepare: boolean | undefined
  max: number | undefined
  schema: string | undefined
  sslmode: string
  isDirect: boolean
  readonly tls: ConnectionOptions
  channelBinding: boolean
  keepAliveSeconds: number
  idleTimeoutMs: number
  maxLifetimeMs: number
  writable: boolean
  readonly parameters: Record<string, string>
}

/** Reads a value into the draft; false where it is not one of those that may stand there. */
type Read = (value: string, draft: Draft) => boolean

const switches = new Map([
  ['true', true],
  ['1', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['off', false],
])

/** Values that a pattern fits. */
const like =
  (pattern: RegExp, set: (draft: Draft, value: string) => void): Read =>
  (value, draft) => {
    const fits = pattern.test(value)
    if (fits) set(draft, value)
    return fits
  }

/** What the connection is begun with. */
const startup = (name: string, pattern = /^/) =>
  like(pattern, ({ parameters }, value) => {
    parameters[name] = value
  })

const number = /^\d{1,9}$/

const count = (set: (draft: Draft, value: number) => void) => like(number, (draft, value) => set(draft, Number(value)))

const flag =
  (set: (draft: Draft, value: boolean) => void): Read =>
  (value, draft) => {
    const read = switches.get(value)
    if (read !== undefined) set(draft, read)
    return read !== undefined
  }

const file =
  (name: 'ca' | 'cert' | 'key'): Read =>
  (path, { tls }) => {
    try {
      tls[name] = readFileSync(path)
      return true
    } catch {
      return false
    }
  }

/** It is another program's, or has no meaning here; the README says which and why. */
const ignored: Read = () => true

const sslModes = /^(disable|allow|prefer|require|verify-ca|verify-full|no-verify)$/

/** Every parameter that may stand in a URL beside the store's own options, as libpq, the drivers, Prisma and hosts write them. */
const parameters: Readonly<Record<string, Read>> = {
  application_name: startup('application_name'),
  channel_binding: like(/^(disable|prefer|require)$/, (draft, value) => {
    draft.channelBinding = value !== 'disable'
  }),
  client_encoding: like(/^(utf-?8|auto)$/i, () => {}),
  connect_timeout: ignored,
  connection_limit: like(/^[1-9]\d{0,3}$/, (draft, value) => {
    draft.max = Number(value)
  }),
  fallback_application_name: like(/^/, ({ parameters }, value) => {
    parameters.application_name ??= value
  }),
  gssencmode: like(/^(disable|prefer)$/, () => {}),
  host: like(/./, (draft, value) => {
    const [first] = draft.hosts
    draft.hosts = value.split(',').map((host, at) => ({ host, port: (draft.hosts[at] ?? first)?.port ?? 5432 }))
  }),
  idle_in_transaction_session_timeout: startup('idle_in_transaction_session_timeout', number),
  idle_timeout: count((draft, value) => {
    draft.idleTimeoutMs = value * 1000 || Number.POSITIVE_INFINITY
  }),
  keep_alive: count((draft, value) => {
    draft.keepAliveSeconds = value
  }),
  keepalives: flag((draft, value) => {
    if (!value) draft.keepAliveSeconds = 0
  }),
  keepalives_count: ignored,
  keepalives_idle: count((draft, value) => {
    if (value > 0) draft.keepAliveSeconds = value
  }),
  keepalives_interval: ignored,
  lock_timeout: startup('lock_timeout', number),
  max_lifetime: count((draft, value) => {
    draft.maxLifetimeMs = value * 1000 || Number.POSITIVE_INFINITY
  }),
  options: startup('options'),
  pgbouncer: flag((draft, value) => {
    if (value) draft.prepare = false
  }),
  pool_timeout: ignored,
  port: like(/^\d{1,5}$/, (draft, value) => {
    draft.hosts = draft.hosts.map(({ host }) => ({ host, port: Number(value) }))
  }),
  schema: like(/^[a-z_]\w{0,62}$/i, (draft, value) => {
    draft.schema = value
  }),
  socket_timeout: ignored,
  ssl: (value, draft) => {
    const read = switches.get(value)
    draft.sslmode = read === undefined ? value : read ? 'verify-full' : 'disable'
    return read !== undefined || sslModes.test(value)
  },
  sslaccept: like(/^(strict|accept_invalid_certs)$/, (draft, value) => {
    draft.sslmode = value === 'strict' ? 'verify-full' : 'require'
  }),
  sslcert: file('cert'),
  sslkey: file('key'),
  sslmode: like(sslModes, (draft, value) => {
    draft.sslmode = value
  }),
  sslnegotiation: like(/^(postgres|direct)$/, (draft, value) => {
    draft.isDirect = value === 'direct'
  }),
  sslrootcert: (value, draft) => {
    if (value !== 'system') return file('ca')(value, draft)
    draft.sslmode = 'verify-full'
    return true
  },
  statement_cache_size: count((draft, value) => {
    if (value === 0) draft.prepare = false
  }),
  statement_timeout: startup('statement_timeout', number),
  supa: ignored,
  target_session_attrs: like(/^(any|read-write|primary)$/, (draft, value) => {
    draft.writable = value !== 'any'
  }),
  tcp_user_timeout: ignored,
  uselibpqcompat: ignored,
  workaround: ignored,
}

/** The store has an option of this name, which a URL for the registry sets. */
const alsoOptions = new Set(['schema'])

/** Whether a parameter of a URL is about the connection, and no option of the store. */
export function isConnectionParameter(name: string): boolean {
  return Object.hasOwn(parameters, name) && !alsoOptions.has(name)
}

/**
 * Reads the URL of a server, or of several (`postgres://app@one,two:5433/app`); what it leaves out comes from the usual
 * environment variables (`PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`, `PGSSLMODE`).
 * @throws `SESS_CONFIG` with every parameter that may not stand there, or not with this value
 */
export function readUrl(text: string): ConnectionUrl {
  const { url, parameters: given } = splitUrl(text)
  const { hosts, ...login } = readPlace(url)
  const draft: Draft = {
    hosts,
    prepare: undefined,
    max: undefined,
    schema: undefined,
    sslmode: process.env.PGSSLMODE || 'disable',
    isDirect: false,
    tls: {},
    channelBinding: false,
    keepAliveSeconds: 60,
    idleTimeoutMs: Number.POSITIVE_INFINITY,
    maxLifetimeMs: 45 * 60_000,
    writable: false,
    parameters: {},
  }
  const problems: string[] = []
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(parameters, name)) problems.push(`url: the parameter ${name} is not known`)
    else if (parameters[name]?.(value, draft) === false) problems.push(`url: the value of ${name} cannot be used`)
  }
  if (problems.length > 0) throw configError(problems)
  const {
    prepare = true,
    channelBinding,
    keepAliveSeconds,
    max,
    schema,
    idleTimeoutMs,
    maxLifetimeMs,
    writable,
  } = draft
  const shared = {
    ...login,
    tls: tlsOf(draft),
    parameters: { application_name: 'sess', ...draft.parameters },
    prepare,
    channelBinding,
    keepAliveSeconds,
  }
  const targets = draft.hosts.map(({ host, port }) => ({ ...shared, host, port }))
  return { targets, max, schema, idleTimeoutMs, maxLifetimeMs, writable }
}

function configError(problems: readonly string[]): SessionError {
  const known = Object.keys(parameters).join(', ')
  return new SessionError('SESS_CONFIG', `${problems.join('; ')}. These may stand in a URL: ${known}`)
}

function readPlace(url: string) {
  const { PGHOST, PGPORT, PGUSER, PGUSERNAME, PGPASSWORD, PGDATABASE } = process.env
  const [, authority = '', path = ''] = /^[a-z]+:\/\/([^/?#]*)(?:\/([^?#]*))?/i.exec(url) ?? []
  const at = authority.lastIndexOf('@')
  const [, name = '', secret] = /^([^:]*)(?::(.*))?$/s.exec(authority.slice(0, Math.max(at, 0))) ?? []
  const user = decodeURIComponent(name) || PGUSER || PGUSERNAME || userInfo().username
  const defaultPort = Number(PGPORT || 5432)
  const hosts = (authority.slice(at + 1) || encodeURIComponent(PGHOST ?? '') || 'localhost').split(',').map((part) => {
    const [, six, other = '', port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(part) ?? []
    return { host: six ?? (decodeURIComponent(other) || 'localhost'), port: port ? Number(port) : defaultPort }
  })
  return {
    hosts,
    user,
    password: secret === undefined ? PGPASSWORD : decodeURIComponent(secret),
    database: decodeURIComponent(path) || PGDATABASE || user,
  }
}

function tlsOf({ sslmode, isDirect, tls }: Draft): Tls | null {
  if (sslmode === 'disable') return null
  const isOptional = sslmode === 'allow' || sslmode === 'prefer'
  if (sslmode === 'verify-full') return { options: { ...tls, rejectUnauthorized: true }, isOptional, isDirect }
  // As libpq does: with a root certificate at hand, the chain is verified.
  const isChecked = sslmode === 'verify-ca' || (sslmode === 'require' && tls.ca !== undefined)
  const options = isChecked
    ? { ...tls, rejectUnauthorized: true, checkServerIdentity: () => undefined }
    : { ...tls, rejectUnauthorized: false }
  return { options, isOptional, isDirect }
}
