import { setTimeout as delay } from 'node:timers/promises'
import type { Call, ClientPort } from './client-port.ts'
import type { NodeRedisKind } from './recognise.ts'
import { slotOf } from './slot.ts'

/** The members that all three kinds of client of node-redis have. */
export interface NodeRedis {
  readonly isOpen: boolean
  /** A Cluster client of version 5 has none. */
  readonly isReady?: boolean
  connect(): Promise<unknown>
  destroy(): unknown
  duplicate(overrides?: object): NodeRedis
  on(event: string, listener: (error: Error) => void): unknown
  off(event: string, listener: (error: Error) => void): unknown
}

export interface NodeRedisPlace {
  readonly kind: NodeRedisKind
  readonly address: string
  readonly database?: number | undefined
  readonly timeoutMs: number
  /** Whether the client that this one was made from has been closed. */
  readonly isGone?: () => boolean
}

/** A client of node-redis that belongs to the store. */
export class NodeRedisPort implements ClientPort {
  readonly isCluster: boolean
  readonly address: string
  readonly database: number | undefined
  #client: NodeRedis
  readonly #place: NodeRedisPlace
  /** Whether a Cluster or Sentinel client knows its servers. */
  #isConnected = false
  #connecting: Promise<void> | null = null
  #isClosed = false
  #renewal: Promise<void> | null = null

  constructor(client: NodeRedis, place: NodeRedisPlace) {
    this.#client = client
    this.#place = place
    this.isCluster = place.kind === 'cluster'
    this.address = place.address
    this.database = place.database || undefined
    // Each failed call is told to its caller.
    client.on('error', () => {})
  }

  get isReady(): boolean {
    const { isOpen, isReady } = this.#client
    return this.#place.kind === 'server' ? isReady === true : isOpen && this.#isConnected
  }

  connected(): Promise<void> {
    if (this.#place.isGone?.()) return Promise.reject(new Error('The client is closed'))
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }

  send(call: Call): void {
    const args = [call.command.toUpperCase(), ...call.args]
    const options = {
      abortSignal: new OnceWritten(call, this.#place.kind === 'sentinel'),
      timeout: undefined,
      typeMapping: undefined,
    }
    this.#send(args, call.key, options).then(
      (value) => call.answer(value),
      (error: unknown) => {
        if (this.isCluster && !call.isWritten) this.#renew()
        call.fail(error)
      },
    )
  }

  giveUp(call: Call): void {
    if (!call.isWritten) {
      if (this.isCluster) this.#renew()
    } else if (this.isCluster) this.#giveUpNode(call.key)
    else this.#end()
  }

  reconnect(): void {
    if (this.#place.kind === 'server') this.#end()
  }

  close(): void {
    this.#isClosed = true
    this.#end()
  }

  #giveUpNode(key: string): void {
    const { slots } = this.#client as unknown as { slots: readonly ({ master?: { client?: NodeRedis } } | undefined)[] }
    const node = slots[slotOf(key)]?.master?.client
    if (typeof node?.destroy !== 'function' || !node.isOpen) return
    node.destroy()
    node.connect().catch(() => {})
  }

  /**
   * A Cluster client that met a node that is down may never ask which one has its slots now. Another client asks, at most
   * once a second, and takes over; what is under way on the old one has its time.
   */
  #renew(): void {
    if (this.#renewal !== null || this.#isClosed) return
    const fresh = this.#client.duplicate()
    fresh.on('error', () => {})
    this.#renewal = fresh
      .connect()
      .then(
        () => {
          const old = this.#isClosed ? fresh : this.#client
          if (!this.#isClosed) this.#client = fresh
          setTimeout(destroyed, this.#isClosed ? 0 : this.#place.timeoutMs * 2, old).unref()
        },
        () => {},
      )
      .then(() => delay(1_000, undefined, { ref: false }))
      .then(() => {
        this.#renewal = null
      })
  }

  #end(): void {
    this.#isConnected = false
    destroyed(this.#client)
  }

  #send(args: readonly string[], key: string, options: object): Promise<unknown> {
    const client = this.#client as unknown as { sendCommand(...args: unknown[]): Promise<unknown> }
    switch (this.#place.kind) {
      case 'server':
        return client.sendCommand(args, options)
      case 'cluster':
        return client.sendCommand(key, false, args, options)
      case 'sentinel':
        return client.sendCommand(false, args, options)
    }
  }

  /** Resolves when the client is connected; rejects when an attempt to connect fails, with the first reason. */
  #connect(): Promise<void> {
    const client = this.#client
    return new Promise((resolve, reject) => {
      let reason: unknown
      const settle = (finish: () => void) => {
        client.off('error', onError)
        client.off('ready', onReady)
        finish()
      }
      const onError = (error: unknown) => {
        reason ??= error
        // A client of one server goes on by itself, again and again.
        if (this.#place.kind === 'server') settle(() => reject(error))
      }
      const onReady = () => {
        if (this.#place.kind === 'server') settle(resolve)
      }
      client.on('error', onError)
      client.on('ready', onReady)
      if (client.isOpen) return
      client.connect().then(
        () => {
          this.#isConnected = true
          settle(resolve)
        },
        (error: unknown) => settle(() => reject(reason ?? error)),
      )
    })
  }
}

function destroyed(client: NodeRedis): void {
  if (!client.isOpen) return
  const ended: unknown = client.destroy()
  if (ended instanceof Promise) ended.catch(() => {})
}

/** As node-redis sees it, a signal that can abort a command as long as that is not written. */
class OnceWritten {
  readonly #call: Call
  readonly #onlyOnce: boolean

  /** `onlyOnce`: the client would send it again on its next connection. */
  constructor(call: Call, onlyOnce: boolean) {
    this.#call = call
    this.#onlyOnce = onlyOnce
  }

  get aborted(): boolean {
    return !this.#call.mayBeWritten() || (this.#onlyOnce && this.#call.isWritten)
  }

  addEventListener(): void {}

  /** The driver forgets the signal when it writes the command, or drops it. */
  removeEventListener(): void {
    this.#call.isWritten = true
  }
}
