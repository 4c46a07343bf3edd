import type { ConnectionOptions } from 'node:tls'

/** Where the server is, and who logs in how. Either driver is told all of it, and reads no URL of its own. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  /** Null: plain text. */
  readonly tls: Tls | null
  /** What the connection is begun with, e.g. `application_name`. */
  readonly parameters: Readonly<Record<string, string>>
  /** Whether statements are prepared. */
  readonly prepare: boolean
  readonly channelBinding: boolean
  readonly keepAliveSeconds: number
}

export interface Tls {
  readonly options: ConnectionOptions
  /** Whether plain text will do where the server has no TLS. */
  readonly isOptional: boolean
  /** Whether TLS begins without asking the server first. */
  readonly isDirect: boolean
}

/** The path of the server's Unix socket; null where it is reached by TCP. */
export function socketPath({ host, port }: Pick<Target, 'host' | 'port'>): string | null {
  return host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : null
}
