import { readFileSync } from 'node:fs'
import { SessionError } from '@sess/core'
import { splitUrl } from '@sess/core/config'
import type { ConnectionOptions, SslOptions } from 'mysql2'

/** The connection of a URL. If the URL asks for TLS, the connection has TLS, or there is an error. */
export interface UrlConnection {
  readonly options: ConnectionOptions
  /** The most connections, if the URL has a number. */
  readonly max: number | undefined
}

/** The use of a parameter of a URL. Null: it is known, and ignored. */
type Parameter = ((value: string, found: Found) => void) | null

/** The values of a URL's parameters. */
interface Found {
  readonly options: Record<string, unknown>
  readonly ssl: Record<string, unknown>
  /** The level of TLS that each parameter asks for. */
  readonly levels: Set<Level>
  max?: number
}

/** The levels of TLS, from none to a certificate that names the host. */
const levels = ['off', 'encrypted', 'authority', 'identity'] as const
type Level = (typeof levels)[number]

/** The words of MySQL's programs, of libpq and of Prisma for these levels. */
const levelOfWord: Readonly<Record<string, Level>> = {
  disabled: 'off',
  disable: 'off',
  required: 'encrypted',
  require: 'encrypted',
  verify_ca: 'authority',
  verify_identity: 'identity',
  verify_full: 'identity',
}
const sslAccept: Readonly<Record<string, Level>> = { accept_invalid_certs: 'encrypted', strict: 'identity' }

const mode: Parameter = (value, { levels }) => {
  levels.add(
    oneOf(levelOfWord, value.toLowerCase().replaceAll('-', '_'), 'DISABLED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY'),
  )
}
const file =
  (name: keyof SslOptions): Parameter =>
  (path, { ssl, levels }) => {
    ssl[name] = path // read when the store connects
    if (name === 'ca') levels.add('authority')
  }
const option =
  (name: string, read: (value: string) => unknown): Parameter =>
  (value, { options }) => {
    options[name] = read(value)
  }
const max: Parameter = (value, found) => {
  found.max = wholeNumber(value)
  if (found.max < 1) throw new Refusal('must be a whole number from 1 on')
}

const parameters: Readonly<Record<string, Parameter>> = {
  ssl,
  'ssl-mode': mode,
  ssl_mode: mode,
  sslMode: mode,
  sslmode: mode,
  sslaccept: (value, { levels }) => levels.add(oneOf(sslAccept, value, 'strict or accept_invalid_certs')),
  'ssl-ca': file('ca'),
  sslcert: file('ca'), // Prisma's name for it
  'ssl-cert': file('cert'),
  'ssl-key': file('key'),
  connection_limit: max, // Prisma
  connectionLimit: max, // mysql2
  compress: option('compress', trueOrFalse),
  connectAttributes: option('connectAttributes', jsonObject),
  enableCleartextPlugin: option('enableCleartextPlugin', trueOrFalse),
  enableKeepAlive: option('enableKeepAlive', trueOrFalse),
  keepAliveInitialDelay: option('keepAliveInitialDelay', wholeNumber),
  localAddress: option('localAddress', String),
  socket: option('socketPath', String), // Prisma
  socketPath: option('socketPath', String),
  // `timeoutMs` bounds every wait.
  connectTimeout: null,
  connect_timeout: null,
  pool_timeout: null,
  socket_timeout: null,
  // Strings travel as bytes and times as numbers.
  charset: null,
  timezone: null,
  // For a Postgres pooler, printed beside others.
  pgbouncer: null,
}

/** The names of the parameters of a connection. */
export function isConnectionParameter(name: string): boolean {
  return Object.hasOwn(parameters, name)
}

/** Returns what is wrong with the parameters of a URL, without a value of theirs; undefined if nothing is wrong. */
export function urlProblem(url: string): string | undefined {
  try {
    parseConnectionUrl(url)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error.message
    return 'must be a URL whose parts are well-formed'
  }
}

/** Parses the URL of a connection. @throws for a URL with a problem: see {@link urlProblem} */
export function parseConnectionUrl(text: string): UrlConnection {
  const { url, parameters: given } = splitUrl(text)
  const found: Found = { options: {}, ssl: {}, levels: new Set() }
  for (const [name, value] of Object.entries(given)) {
    if (!isConnectionParameter(name))
      throw new Refusal(`must have no other parameters than ${list}; '${shown(name)}' is none`)
    try {
      parameters[name]?.(value, found)
    } catch (error) {
      throw error instanceof Refusal ? new Refusal(`must have another '${name}': it ${error.message}`) : error
    }
  }
  const { hostname, port, pathname, username, password } = new URL(url)
  const options: ConnectionOptions = {
    host: decodeURIComponent(hostname.replace(/^\[(.*)\]$/, '$1')) || 'localhost',
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    ...found.options,
  }
  const tls = tlsOf(found)
  return { options: tls === undefined ? options : { ...options, ssl: tls }, max: found.max }
}

/** Reads the files that a URL names. @throws `SESS_CONFIG` for one that cannot be read */
export function withFiles(options: ConnectionOptions): ConnectionOptions {
  if (typeof options.ssl !== 'object') return options
  const ssl: SslOptions = { ...options.ssl }
  for (const name of ['ca', 'cert', 'key'] as const) {
    const value = ssl[name]
    if (typeof value === 'string' && !value.includes('-----BEGIN')) ssl[name] = contentOf(name, value)
  }
  return { ...options, ssl }
}

function contentOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SessionError('SESS_CONFIG', `MySQL: the file that ssl-${name} names cannot be read`, { cause })
  }
}

/** Returns the options for the strictest level that was asked for; undefined for no TLS. */
function tlsOf({ levels: asked, ssl }: Found): SslOptions | string | undefined {
  const strictest = levels.findLast((level) => asked.has(level))
  if (strictest === undefined || strictest === 'off') {
    if (Object.keys(ssl).length > 0) throw new Refusal('must not give a certificate and switch TLS off')
    return undefined
  }
  if (asked.has('off')) throw new Refusal('must not ask for TLS and switch it off')
  if (typeof ssl.profile === 'string') return ssl.profile
  return {
    ...ssl,
    rejectUnauthorized: strictest !== 'encrypted',
    ...(strictest === 'identity' && { verifyIdentity: true }),
  }
}

/** Parses mysql2's own parameter: true, the name of a profile, or options of Node's TLS as JSON. */
function ssl(text: string, { ssl, levels }: Found): void {
  const value = parsed(text)
  if (value === 'Amazon RDS') {
    ssl.profile = value
    levels.add('authority')
  } else if (value === true) levels.add('authority')
  else if (value === false) levels.add('off')
  else if (isObject(value)) {
    const { rejectUnauthorized = true, verifyIdentity = false, ...rest } = value
    Object.assign(ssl, rest)
    levels.add(rejectUnauthorized === false ? 'encrypted' : verifyIdentity === true ? 'identity' : 'authority')
  } else throw new Refusal(`must be true, false, Amazon RDS or a JSON object such as {"rejectUnauthorized":true}`)
}

/** The error of a parameter that cannot be used. The message begins with "must" and shows no value. */
class Refusal extends Error {}

const list = Object.keys(parameters).join(', ')

/** Hides a name with other characters than names have: it may be a password in the wrong place. */
function shown(name: string): string {
  return /^[\w-]{1,40}$/.test(name) ? name : '…'
}

function oneOf(table: Readonly<Record<string, Level>>, word: string, words: string): Level {
  const level = Object.hasOwn(table, word) ? table[word] : undefined
  if (level === undefined) throw new Refusal(`must be ${words}`)
  return level
}

function trueOrFalse(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new Refusal('must be true or false')
  return value === 'true'
}

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new Refusal('must be a whole number')
  return Number(value)
}

function jsonObject(value: string): object {
  const object = parsed(value)
  if (!isObject(object)) throw new Refusal('must be a JSON object')
  return object
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
