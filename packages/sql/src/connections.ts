import { splitUrl } from '@sess/core/config'

/** The most connections of a store's own, unless its options say otherwise. */
export const defaultConnections = 10

/** Returns how many connections may be in use for writes at once. The others, one at least, stay free for reads while writes wait for locks. */
export function connectionsForWrites(connections: number): number {
  return Math.max(1, connections - Math.max(1, Math.floor(connections / 4)))
}

/**
 * Parses a URL such as `postgres://app@db/app?sslmode=require&table=web&ttl=2h`. Parameters of the connection stay in `url`;
 * any other parameter is an option of the store.
 * @throws `TypeError` for a malformed URL
 */
export function parseDatabaseUrl(
  text: string,
  isOfConnection: (parameter: string) => boolean,
): Readonly<Record<string, string>> {
  const { url, parameters } = splitUrl(text)
  const connection = new URLSearchParams()
  const options: Record<string, string> = {}
  for (const [name, value] of Object.entries(parameters)) {
    if (isOfConnection(name)) connection.set(name, value)
    else options[name] = value
  }
  for (const name of ['url', 'sql', 'pool']) if (name in options) throw new TypeError('a URL inside the URL')
  return { ...options, url: connection.size === 0 ? url : `${url}?${connection}` }
}
