import { driverErrors, type FaultEntry } from '@sess/core'

/** Where a server is, for messages. */
export interface Place {
  readonly address: string
  readonly database: number | undefined
}

const places = new WeakMap<Error, Place>()

/** Remembers where an error comes from. Gives the error. */
export function tellPlace(error: unknown, place: Place): unknown {
  if (error instanceof Error && !places.has(error)) places.set(error, place)
  return error
}

const noCluster: FaultEntry = {
  fault: 'misconfigured',
  message:
    'the server is a node of a Cluster, and the client is none of a Cluster: give redis-cluster://host:port, or a Cluster client',
}
const noScripts: FaultEntry = {
  fault: 'misconfigured',
  message: 'the server runs no scripts: EVALSHA or EVAL is missing, renamed or switched off',
}
const stopped: FaultEntry = { fault: 'exhausted', message: 'the server was told to stop the script' }
const noCommand: FaultEntry = {
  fault: 'misconfigured',
  message: 'a command that the store needs is missing, renamed or switched off',
}

/** The word with which a reply of the server begins. */
const faultsByWord: Readonly<Record<string, FaultEntry>> = {
  LOADING: 'starting',
  MASTERDOWN: 'starting',
  CLUSTERDOWN: 'starting',
  TRYAGAIN: 'starting',
  FAILOVER: 'starting',
  BUSY: { fault: 'exhausted', message: 'the server is busy with a script' },
  UNKILLABLE: { fault: 'exhausted', message: 'the server is busy with a script' },
  NOREPLICAS: { fault: 'exhausted', message: 'too few replicas are connected to the server' },
  OOM: 'full',
  MISCONF: { fault: 'full', message: 'the server cannot write to its disk' },
  READONLY: 'readOnly',
  NOAUTH: 'denied',
  WRONGPASS: 'denied',
  NOPERM: 'denied',
  DENIED: 'denied',
  WRONGTYPE: { fault: 'damaged', message: 'what is stored under this key was not written by sess' },
  CORRUPT: 'damaged',
  NEWER: { fault: 'damaged', message: 'a newer version of sess wrote what is stored for this session or state' },
  MOVED: noCluster,
  ASK: noCluster,
  CROSSSLOT: noCluster,
}

/** Beginnings of messages of the drivers, and of replies whose word is ERR. No value can stand in them. */
const faultsByHead: readonly (readonly [string, FaultEntry])[] = [
  // ioredis
  ['Connection is closed.', 'unreachable'],
  ["Stream isn't writeable and enableOfflineQueue options is false", 'unreachable'],
  ['Reached the max retries per request limit', 'unreachable'],
  ['Command aborted due to connection close', 'unreachable'],
  ['All sentinels are unreachable', 'unreachable'],
  ['None of startup nodes is available', 'unreachable'],
  ['Failed to refresh slots cache.', 'unreachable'],
  ["Cluster isn't ready and enableOfflineQueue options is false", 'unreachable'],
  ['Cluster is ended.', 'unreachable'],
  ['Cluster is disconnecting', 'unreachable'],
  ['Too many Cluster redirections', 'starting'],
  ['connect ETIMEDOUT', 'unreachable'],
  // node-redis
  ['The client is closed', 'unreachable'],
  ['The client is offline', 'unreachable'],
  ['Disconnects client', 'unreachable'],
  ['Socket closed unexpectedly', 'unreachable'],
  ['All the root nodes are unavailable', 'unreachable'],
  ['Attempt to reconnect after cluster is closed', 'unreachable'],
  ['Cannot find node', 'starting'],
  ['The command was aborted', 'unreachable'],
  ['no valid master node', 'starting'],
  // Both drivers, and the store itself
  ['Connection timeout', 'unreachable'],
  ['Socket timeout', 'late'],
  ['Command timed out', 'late'],
  // Replies
  ['ERR max number of clients reached', 'exhausted'],
  ['ERR max number of clients + cluster connections reached', 'exhausted'],
  ['ERR AUTH <password> called without any password configured', 'denied'],
  ['ERR Client sent AUTH, but no password is set', 'denied'],
  ['ERR invalid password', 'denied'],
  ['ERR The user executing the script', 'denied'],
  ['ERR ACL failure in script', 'denied'],
  ['ERR Script attempted to access a non local key in a cluster node', 'starting'],
  ["ERR unknown command 'EVAL", noScripts],
  ["ERR unknown command 'eval", noScripts],
  ['ERR unknown command `EVAL', noScripts],
  ['ERR unknown command `eval', noScripts],
  ['ERR unknown command', noCommand],
  ['ERR Unknown Redis command called from script', noCommand],
  ['ERR This Redis command is not allowed from script', noCommand],
  ['ERR Script killed by user', stopped],
  ['Script killed by user', stopped],
  ['ERR DB index is out of range', 'misconfigured'],
  ['ERR invalid DB index', 'misconfigured'],
  ['ERR SELECT is not allowed in cluster mode', 'misconfigured'],
]

/** Knows the codes of the system and of TLS. */
const system = driverErrors({ product: 'Redis', faults: {}, heads: [] })

const errors = driverErrors({
  product: 'Redis',
  faults: {
    NR_CLOSED: 'unreachable',
    // OpenSSL, where the server speaks no TLS, or another one.
    ERR_SSL_WRONG_VERSION_NUMBER: 'misconfigured',
    ERR_SSL_PACKET_LENGTH_TOO_LONG: 'misconfigured',
  },
  find: (error) => {
    const entry = entryOf(error)
    return entry === undefined ? undefined : exactly(entry, error)
  },
  heads: [
    ...faultsByHead.map(([head]) => head),
    ...Object.keys(faultsByWord),
    'NOSCRIPT',
    'NOPROTO',
    'EXECABORT',
    'ERR',
  ],
})

/** The `SessionError` for an error of a driver, of the server or of the system; undefined for one of none of them. */
export const { toSessionError } = errors

/** An error that a script reported for one of its writes. */
export function replyError(reply: string): Error {
  return Object.assign(new Error(reply), { name: 'ReplyError' })
}

function entryOf(error: Error): FaultEntry | undefined {
  const inner = reasonOf(error)
  if (inner !== undefined) return entryOf(inner) ?? 'unreachable'
  const message = textOf(error)
  const word = /^([A-Z][A-Z_]+)\b/.exec(message)?.[1]
  const known = word === undefined ? undefined : faultsByWord[word]
  if (known !== undefined) return known
  const [, byHead] = faultsByHead.find(([head]) => message.startsWith(head)) ?? []
  // A server or a proxy may use a word that is not known here. The next try may succeed.
  return byHead ?? (word !== undefined && isReply(error) ? 'unknown' : system.faultOf(error))
}

/** A script's error has the script's name in front of the reply's word, in some versions; one that it throws again has ERR twice. */
function textOf({ message }: Error): string {
  return message
    .replace(/^-/, '')
    .replace(/^ERR (?=ERR )/, '')
    .replace(/^ERR Error running script \([^)]*\): @\w+:\d+: -?/, '')
}

/** Why no node of a Cluster could be asked, e.g. a wrong password: the error of the last one that was. */
function reasonOf(error: Error): Error | undefined {
  const { lastNodeError } = error as { lastNodeError?: unknown }
  return lastNodeError instanceof Error ? lastNodeError : undefined
}

function isReply(error: Error): boolean {
  return error.name === 'ReplyError' || /^(SimpleError|BlobError|ErrorReply)$/.test(error.constructor.name)
}

/** The fault with its place, where that helps. */
function exactly(entry: FaultEntry, error: Error): FaultEntry {
  const place = places.get(error)
  const { message } = error
  if (message.includes('SELECT is not allowed')) {
    return {
      fault: 'misconfigured',
      message: `the server is a node of a Cluster, which has database 0 alone${place?.database ? `, and not ${place.database}` : ''}`,
    }
  }
  if (/^ERR (DB index|invalid DB)/.test(message)) {
    return { fault: 'misconfigured', message: `the server has no database ${place?.database ?? 'of that number'}` }
  }
  if (entry === 'unreachable' && place !== undefined) {
    return { fault: 'unreachable', message: `the server at ${place.address} cannot be reached` }
  }
  return entry
}
