export interface Endpoint {
  readonly host: string
  readonly port: number
}

interface Login {
  readonly username?: string
  readonly password?: string
}

/** One server. */
export interface ServerAddress extends Endpoint, Login {
  readonly db?: number
  readonly tls: boolean
}

/** Some nodes of a Cluster, from which a client learns of all the others. */
export interface ClusterAddress extends Login {
  readonly nodes: readonly Endpoint[]
  readonly tls?: boolean
}

/** Some sentinels, and the master that they know under a name; the login is that of the master. */
export interface SentinelAddress extends Login {
  readonly sentinels: readonly Endpoint[]
  readonly name: string
  readonly db?: number
  readonly tls?: boolean
}

/** Where a client of our own connects to. */
export type RedisAddress = ServerAddress | ClusterAddress | SentinelAddress

const defaultPort = 6379
const defaultSentinelPort = 26_379

/** The address in a URL: of a server, a Cluster or a Sentinel; undefined for any other string. */
export function addressOfUrl(text: string): RedisAddress | undefined {
  return serverOfUrl(text) ?? clusterOfUrl(text) ?? sentinelOfUrl(text)
}

/** `redis[s]://[[user]:password@]host[:port][/db]` */
function serverOfUrl(text: string, portLeftOut = defaultPort): ServerAddress | undefined {
  const url = URL.parse(text)
  const path = /^\/?(\d{0,9})$/.exec(url?.pathname ?? '?')
  if (url === null || path === null || !/^rediss?:$/.test(url.protocol)) return undefined
  if (/^$|,/.test(url.hostname) || url.port === '0' || /[?#]/.test(text)) return undefined
  const [username, password] = [decoded(url.username), decoded(url.password)]
  if (username === undefined || password === undefined) return undefined
  return {
    // Brackets are the URL's way to write an IPv6 address.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || portLeftOut),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(path[1] && { db: Number(path[1]) }),
    tls: url.protocol === 'rediss:',
  }
}

/** `redis-cluster://[[user]:password@]host[:port][,host[:port]...]` */
function clusterOfUrl(text: string): ClusterAddress | undefined {
  const [, login = '', hosts] = /^redis-cluster:\/\/([^@/]*@)?([^@/]*)\/?$/i.exec(text) ?? []
  const servers = hosts?.split(',').map((host) => serverOfUrl(`redis://${login}${host}`))
  if (!areAll(servers)) return undefined
  const [{ host, port, db, tls, ...rest }] = servers
  return { nodes: servers.map(endpoint), ...rest }
}

/** `redis-sentinel://[[user]:password@]host[:port][,host[:port]...]/name[/db]` */
function sentinelOfUrl(text: string): SentinelAddress | undefined {
  const pattern = /^redis-sentinel:\/\/([^@/]*@)?([^@/]*)\/([^/?#]+)(\/\d*)?$/i
  const [, login = '', hosts, path = '', db = ''] = pattern.exec(text) ?? []
  const name = decoded(path)
  const servers = hosts?.split(',').map((host) => serverOfUrl(`redis://${login}${host}${db}`, defaultSentinelPort))
  if (name === undefined || !areAll(servers)) return undefined
  const [{ host, port, tls, ...rest }] = servers
  return { sentinels: servers.map(endpoint), name, ...rest }
}

function areAll(servers: (ServerAddress | undefined)[] = []): servers is [ServerAddress, ...ServerAddress[]] {
  return servers.length > 0 && !servers.includes(undefined)
}

function endpoint({ host, port }: ServerAddress): Endpoint {
  return { host, port }
}

/** The address in `host[:port]`; undefined for any other string. */
export function addressOfHost(text: string, portLeftOut = defaultPort): ServerAddress | undefined {
  return /[/@?#\s]/.test(text) ? undefined : serverOfUrl(`redis://${text}`, portLeftOut)
}

export interface AddressParts extends Login {
  readonly addrs: readonly string[]
  readonly db?: number
  readonly tls?: boolean
  readonly cluster?: boolean
  /** The name of the master, where the addresses are those of sentinels. */
  readonly sentinel?: string
}

/** The address that the parts of a configuration say. Several addresses without a sentinel are those of a Cluster. */
export function addressOfParts({ addrs, tls = false, cluster, sentinel, db, ...login }: AddressParts): RedisAddress {
  const port = sentinel === undefined ? defaultPort : defaultSentinelPort
  const endpoints = addrs.map((text) => endpoint(addressOfHost(text, port) as ServerAddress))
  const database = db === undefined ? {} : { db }
  if (sentinel !== undefined) return { sentinels: endpoints, name: sentinel, ...login, ...database, tls }
  if (cluster || endpoints.length > 1) return { nodes: endpoints, ...login, tls }
  return { ...(endpoints[0] as Endpoint), ...login, ...database, tls }
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
