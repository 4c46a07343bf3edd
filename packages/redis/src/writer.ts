import type { WriteOperation, WriteOutcome } from '@sess/core'
import type { Connection } from './connection.ts'
import { bucketIndex, type KeyLayout, keyOfEntry } from './key-layout.ts'
import { instantText } from './record-text.ts'
import { type Script, scripts } from './scripts.ts'
import { Suspects } from './suspects.ts'
import { addOperands, letterOf, outcomeOf } from './writes.ts'

type Reply = number | string | null

/** A script with what it is called with. */
interface WritableCall {
  readonly script: Script
  readonly keys: string[]
  /** The time, the kinds, the mode, and then the operands of each write. */
  readonly args: string[]
}

/** How writes treat the indexes. They do more where a server may evict keys. See the scripts. */
export type IndexMode = '' | 'healing' | 'lasting'

/** Every write, each atomic for itself. */
export class Writer {
  readonly #connection: Connection
  readonly #sessions: KeyLayout
  readonly #states: KeyLayout
  readonly #suspects = { sessions: new Suspects(), states: new Suspects() }
  mode: IndexMode = ''

  constructor(connection: Connection, sessions: KeyLayout, states: KeyLayout) {
    this.#connection = connection
    this.#sessions = sessions
    this.#states = states
  }

  /** One script is one atomic step and may touch one slot, so on a Cluster each write goes by itself. */
  write(operations: readonly WriteOperation[], now: number): Promise<WriteOutcome[]> {
    return this.#connection.isCluster && operations.length > 1
      ? Promise.all(operations.map((operation) => orErrors([operation], this.#together([operation], now)))).then(
          (groups) => groups.flat(),
        )
      : this.#together(operations, now)
  }

  #together(operations: readonly WriteOperation[], now: number): Promise<WriteOutcome[]> {
    // A write alone takes the shortest way.
    if (operations.length === 1) {
      const isGeneral = this.mode !== '' || !isUsual(operations[0] as WriteOperation)
      return isGeneral ? this.#general(operations, now) : this.#usual(operations, now)
    }
    const usual = this.mode === '' ? operations.filter(isUsual) : []
    if (usual.length === 0) return this.#general(operations, now)
    if (usual.length === operations.length) return this.#usual(operations, now)
    const others = operations.filter((operation) => !isUsual(operation))
    const both = [this.#usual(usual, now), this.#general(others, now)] as const
    return Promise.all([orErrors(usual, both[0]), orErrors(others, both[1])]).then(([ofUsual, ofOthers]) => {
      const next = { usual: ofUsual.values(), others: ofOthers.values() }
      return operations.map((operation) => next[isUsual(operation) ? 'usual' : 'others'].next().value as WriteOutcome)
    })
  }

  #usual(operations: readonly WriteOperation[], now: number): Promise<WriteOutcome[]> {
    const { script, keys, args } = usualCall(this.#sessions, operations, now)
    return this.#connection.run(script, keys, args, (answer) => {
      const replies = answer as Reply[]
      return replies.includes(null)
        ? this.#finish(operations, replies, now)
        : operations.map((operation, index) => outcomeOf(operation, replies[index] as number | string))
    })
  }

  /** Does the writes that the usual way has left undone. */
  async #finish(operations: readonly WriteOperation[], replies: readonly Reply[], now: number) {
    const left = operations.filter((_, index) => replies[index] === null)
    const outcomes = (await orErrors(left, this.#general(left, now))).values()
    return operations.map((operation, index) => {
      const reply = replies[index] as Reply
      return reply === null ? (outcomes.next().value as WriteOutcome) : outcomeOf(operation, reply)
    })
  }

  #general(operations: readonly WriteOperation[], now: number): Promise<WriteOutcome[]> {
    const call = generalCall(this.#sessions, this.#states, operations, now, this.mode)
    this.#takeAlong(call, operations)
    return this.#connection.run(call.script, call.keys, call.args, (answer) => {
      const replies = answer as (number | string)[]
      for (let at = (call.args[1] as string).length; at < replies.length; at += 2) {
        this.#suspect(operations[Number(replies[at]) - 1] as WriteOperation, replies[at + 1] as string)
      }
      const outcomes = operations.map((operation, index) => outcomeOf(operation, replies[index] as number | string))
      const damaged = operations.filter((_, index) => replies[index] === 'damaged')
      if (damaged.length === 0) return outcomes
      return Promise.all(damaged.map((operation) => this.#forgetEntries(operation))).then(() => outcomes)
    })
  }

  /** Adds suspect entries to a call, which checks them. */
  #takeAlong(call: WritableCall, operations: readonly WriteOperation[]): void {
    const { sessions, states } = this.#suspects
    if (this.#connection.isCluster) {
      const { kind, key } = operations[0] as WriteOperation
      const bucket = bucketIndex(key)
      if (isOfState(kind)) addSuspects(call, 'H', this.#states, states.takeOf(bucket))
      else addSuspects(call, 'h', this.#sessions, sessions.takeOf(bucket))
      return
    }
    for (const entries of sessions.take()) addSuspects(call, 'h', this.#sessions, entries)
    for (const entries of states.take()) addSuspects(call, 'H', this.#states, entries)
  }

  /** An entry that a write came across in the bucket of its record. */
  #suspect(operation: WriteOperation, entry: string): void {
    const { sessions, states } = this.#suspects
    const { kind, key } = operation
    if (isOfState(kind)) states.put(bucketIndex(key), entry)
    else sessions.put(bucketIndex(operation.kind === 'rotate' ? operation.newKey : key), entry)
  }

  /** Removes the entries of a record that was damaged, and so told nothing of them. */
  async #forgetEntries({ kind, key }: WriteOperation): Promise<void> {
    const layout = isOfState(kind) ? this.#states : this.#sessions
    const bucket = bucketIndex(key)
    const byExpiry = layout.buckets[bucket] as string
    let cursor = '0'
    do {
      const page = await this.#connection.run(scripts.seek, [byExpiry], [cursor, `*${key}`])
      const [next, entries] = page as [string, string[]]
      const named = entries.filter((entry) => keyOfEntry(entry) === key)
      if (named.length > 0) {
        const keys = [byExpiry, layout.identityIndexes[bucket] as string, ...named.map(() => layout.recordKeyOf(key))]
        await this.#connection.run(scripts.mend, keys, [instantText(0), '', String(named.length), ...named])
      }
      cursor = next
    } while (cursor !== '0')
  }
}

/** The call that does writes of every kind. */
export function generalCall(
  sessions: KeyLayout,
  states: KeyLayout,
  operations: readonly WriteOperation[],
  now: number,
  mode: IndexMode,
): WritableCall {
  const call = { script: scripts.write, keys: [], args: [instantText(now), '', mode] }
  let kinds = ''
  for (const operation of operations) {
    const { kind, key } = operation
    kinds += letterOf(operation)
    if (isOfState(kind)) addPlace(call, states, key, false)
    else addPlace(call, sessions, key, true)
    if (operation.kind === 'rotate') addPlace(call, sessions, operation.newKey, true)
    addOperands(call.args, operation, now)
  }
  call.args[1] = kinds
  return call
}

/** The call that does writes of usual kinds, where they move no index. */
export function usualCall(sessions: KeyLayout, operations: readonly WriteOperation[], now: number): WritableCall {
  const keys: string[] = []
  const args = [instantText(now), '']
  let kinds = ''
  for (const operation of operations) {
    kinds += letterOf(operation)
    keys.push(sessions.recordKeyOf(operation.key))
    addOperands(args, operation, now)
  }
  args[1] = kinds
  return { script: scripts.usualWrite, keys, args }
}

function addPlace({ keys }: WritableCall, layout: KeyLayout, key: string, isSession: boolean): void {
  const bucket = bucketIndex(key)
  const byExpiry = layout.buckets[bucket] as string
  keys.push(`${byExpiry}:${key}`, byExpiry)
  if (isSession) keys.push(layout.identityIndexes[bucket] as string)
}

function addSuspects(call: WritableCall, letter: 'h' | 'H', layout: KeyLayout, entries: readonly string[]): void {
  for (const entry of entries) {
    addPlace(call, layout, keyOfEntry(entry), letter === 'h')
    call.args.push(entry)
  }
  call.args[1] += letter.repeat(entries.length)
}

function isUsual({ kind }: WriteOperation): boolean {
  return kind === 'replace' || kind === 'compareAndSwap' || kind === 'touch'
}

function isOfState(kind: WriteOperation['kind']): boolean {
  return kind === 'putState' || kind === 'consumeState'
}

/** Where a call fails, only its own writes fail. */
function orErrors(operations: readonly WriteOperation[], outcomes: Promise<WriteOutcome[]>): Promise<WriteOutcome[]> {
  return outcomes.catch((error: Error) => operations.map(() => error))
}
