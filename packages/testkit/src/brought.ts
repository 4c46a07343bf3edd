import { readFile } from 'node:fs/promises'
import { type Reply, redisCommand } from './engines/resp.ts'
import { type Addresses, databaseClusters, type ServerName, variables } from './names.ts'
import { startProxy } from './proxy.ts'
import type { Address, Endpoint, Running } from './server.ts'

const defaultPorts: Readonly<Record<string, number>> = { postgres: 5432, postgresql: 5432, mysql: 3306, mariadb: 3306 }

/** The server that the person who runs the tests brought for a name, or null. */
export async function broughtServer<Name extends ServerName>(name: Name): Promise<Addresses[Name] | null> {
  const given = process.env[variables[name]]
  if (given === undefined || given === '') return null
  try {
    return (await read(name, given)) as Addresses[Name]
  } catch (error) {
    throw new Error(`${variables[name]} cannot be used: ${error instanceof Error ? error.message : error}`)
  }
}

async function read(name: ServerName, given: string): Promise<Address> {
  if (name === 'redis-cluster') {
    const { first } = readSeveral(given)
    // Each: from slot, to slot, master, replicas.
    const ranges = (await redisCommand(first, 'CLUSTER', 'SLOTS')) as Reply[][][]
    const all = [...ranges.map((range) => range.slice(2, 3)), ...ranges.map((range) => range.slice(3))].flat()
    const nodes = new Map(all.map(([host, port]) => [`${host}:${port}`, { host: String(host), port: Number(port) }]))
    return { ...at(first, `redis://${first.host}:${first.port}`), nodes: [...nodes.values()] } as Address
  }
  if (name === 'redis-sentinel') {
    const { nodes: sentinels, first, path } = readSeveral(given)
    const reply = (await redisCommand(first, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', path)) as Reply[] | null
    if (reply === null) throw new Error('the sentinel knows no master of the name that is its path')
    const master = { host: String(reply[0]), port: Number(reply[1]) }
    // Each: 'name', its name, 'ip', its address, 'port', its port and so on.
    const replicas = (await redisCommand(first, 'SENTINEL', 'REPLICAS', path)) as string[][]
    const nodes = [master, ...replicas.map(([, , , host = '', , port]) => ({ host, port: Number(port) }))]
    return { ...at(master, `redis://${master.host}:${master.port}`), name: path, sentinels, nodes } as Address
  }
  if (databaseClusters.some((cluster) => cluster === name)) {
    const nodes = readSeveral(given).urls.map((url) => at(endpointOf(new URL(url)), url))
    return { ...(nodes[0] as Address), nodes } as Address
  }
  const url = new URL(given)
  const address = at(endpointOf(url), given)
  if (name !== 'redis-tls') return address
  const caFile = process.env.SESS_TEST_REDIS_TLS_CA
  if (caFile === undefined) throw new Error('SESS_TEST_REDIS_TLS_CA, the file of its certificate authority, is not set')
  const [username, password] = [url.username || 'default', url.password].map(decodeURIComponent)
  return { ...address, ca: await readFile(caFile, 'utf8'), username, password } as Address
}

function endpointOf(url: URL): Endpoint {
  return { host: url.hostname, port: Number(url.port) || defaultPorts[url.protocol.slice(0, -1)] || 6379 }
}

/** `redis://host:port,host:port/path`, which is no URL that `URL` could read. */
function readSeveral(given: string): { nodes: Endpoint[]; urls: string[]; first: Endpoint; path: string } {
  const [, start, hosts, path] = /^([a-z+-]+:\/\/(?:[^/@]*@)?)([^/]+)(?:\/(.*))?$/.exec(given) ?? []
  const nodes = (hosts ?? '').split(',').map((host) => {
    const [, hostname, port] = /^(.+):(\d+)$/.exec(host) ?? []
    if (hostname === undefined) throw new Error('each host needs a port: redis://host:port,host:port')
    return { host: hostname, port: Number(port) }
  })
  const [first] = nodes as [Endpoint]
  const urls = nodes.map(({ host, port }) => `${start}${host}:${port}/${path ?? ''}`)
  return { nodes, urls, first, path: path ?? '' }
}

function at({ host, port }: Endpoint, url: string): Address {
  return { url, host, port, version: null }
}

/** A server that is not ours to kill, behind a proxy: its outage is one of the network. */
export async function privateWay<A extends Address>(address: A): Promise<Running<A>> {
  const proxy = await startProxy(address)
  return {
    ...address,
    url: proxy.through(address.url),
    host: proxy.host,
    port: proxy.port,
    pids: [],
    stop: proxy.close,
    kill: proxy.refuse,
    restart: proxy.restore,
    [Symbol.asyncDispose]: proxy.close,
  }
}
