/** Where a client of our own connects to. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly db?: number
  readonly tls: boolean
}

const defaultPort = 6379

/** The address in `redis[s]://[[user]:password@]host[:port][/db]`; undefined for any other text. */
export function addressOfUrl(text: string): RedisAddress | undefined {
  const url = URL.parse(text)
  const path = /^\/?(\d{0,9})$/.exec(url?.pathname ?? '?')
  if (url === null || path === null || !/^rediss?:$/.test(url.protocol)) return undefined
  if (url.hostname === '' || url.port === '0' || /[?#]/.test(text)) return undefined
  const [username, password] = [decoded(url.username), decoded(url.password)]
  if (username === undefined || password === undefined) return undefined
  return {
    // Brackets are the URL's way to write an IPv6 address.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || defaultPort),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(path[1] && { db: Number(path[1]) }),
    tls: url.protocol === 'rediss:',
  }
}

/** The address in `host[:port]`; undefined for any other text. */
export function addressOfHost(text: string): RedisAddress | undefined {
  return /[/@?#\s]/.test(text) ? undefined : addressOfUrl(`redis://${text}`)
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
