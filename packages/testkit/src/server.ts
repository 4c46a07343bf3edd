/** Where a server is. Plain data: it can be sent to another process. */
export interface Address {
  url: string
  host: string
  port: number
  /** What the program says of itself; null for a server that was brought. */
  version: string | null
}

export interface Endpoint {
  host: string
  port: number
}

export interface ClusterAddress extends Address {
  /** Every node, masters first. `url` is the first. */
  nodes: Endpoint[]
}

export interface SentinelAddress extends Address {
  /** The name that the sentinels know the master by. `url` is the master at the start. */
  name: string
  sentinels: Endpoint[]
  /** Every Redis, the master at the start first. */
  nodes: Endpoint[]
}

/** Several servers that hold the same data. */
export interface NodesAddress extends Address {
  /** Every node. `url` is the first. */
  nodes: Address[]
}

export interface TlsAddress extends Address {
  /** The certificate authority to trust, as PEM. */
  ca: string
  username: string
  password: string
}

export interface Controls extends AsyncDisposable {
  /** The processes that run now; empty for a server that was brought. */
  readonly pids: readonly number[]
  /** Ends it and deletes its data. Without it both happen when this process ends. */
  stop(): Promise<void>
  /** An outage: SIGKILL. The data and the port stay. */
  kill(): Promise<void>
  /** The end of the outage: the same port and data. */
  restart(): Promise<void>
}

export type Running<A extends Address = Address> = A & Controls

export interface StartOptions {
  /**
   * True for the durability a production server has (files are synced), for benchmarks. By default a write that was
   * answered is with the kernel: it outlives `kill()`, and would not outlive a power cut.
   */
  durable?: boolean
  /** More arguments for the server program. */
  args?: readonly string[]
}
