import type { SessionBackend, SessionRecord, StateRecord, WriteOperation } from '@sess/core'
import { applyWrite, SessionError, writeKinds } from '@sess/core'
import { type Change, Database, toSessionError } from './database.ts'

type Stored = SessionRecord | StateRecord

/** `session <key>` holds a session, `person <identity key> <key>` is the index of people, `state <key>` holds a state. */
export class LevelBackend implements SessionBackend {
  readonly type = 'leveldb'
  readonly writes = writeKinds
  readonly toSessionError = toSessionError
  readonly #database: Database

  constructor(path: string) {
    this.#database = Database.in(path)
  }

  open = () => this.#database.open(this)
  close = () => this.#database.close(this)
  ping = async () => void (await this.#database.level.get('ping'))

  async read(keys: readonly string[]) {
    return (await this.#database.level.getMany(keys.map((key) => `session ${key}`))).map(parse<SessionRecord>)
  }

  write(operations: readonly WriteOperation[], now: number) {
    return this.#database.change((changes) => Promise.all(operations.map((each) => this.#apply(each, now, changes))))
  }

  async count(now: number) {
    let live = 0
    const texts = this.#database.level.values({ gt: 'session ', lt: 'session!' })
    for await (const text of texts) live += isLive(parse(text), now) ? 1 : 0
    return live
  }

  async scan(cursor: string | null, limit: number, now: number) {
    const page = await this.#page<SessionRecord>({ gt: cursor ?? 'session ', lt: 'session!', limit })
    return { ...page, records: page.records.filter((each) => each instanceof Error || isLive(each, now)) }
  }

  /** All in one page, in turn: none is missed that is rotated meanwhile. */
  listByIdentity(identityKey: string, _cursor: string | null, _limit: number, now: number) {
    return this.#database.change(async () => ({ records: await this.#liveOf(identityKey, now), cursor: null }))
  }

  deleteByIdentity(identityKey: string, exceptKey: string | null, _: string | null, _limit: number, now: number) {
    return this.#database.change(async (changes) => {
      const doomed = (await this.#liveOf(identityKey, now)).filter(({ key }) => key !== exceptKey)
      changes.push(...doomed.flatMap(removalOf))
      return { ended: doomed.length, cursor: null }
    })
  }

  /** Sessions first, then states. */
  cleanExpired(cursor: string | null, limit: number, now: number) {
    return this.#database.change(async (changes) => {
      const page = await this.#page({ gt: cursor ?? 'session ', lt: 'state!', limit })
      const expired = page.records.flatMap((each) => (each instanceof Error || isLive(each, now) ? [] : [each]))
      changes.push(...expired.flatMap(removalOf))
      return { sessions: expired.filter((each) => 'version' in each).length, cursor: page.cursor }
    })
  }

  async #page<Kind extends Stored>(range: { gt: string; lt: string; limit: number }) {
    const entries = await this.#database.level.iterator(range).all()
    const records = entries.map(([, text]) => parse<Kind>(text) as Kind | Error)
    return { records, cursor: entries[range.limit - 1]?.[0] ?? null }
  }

  async #liveOf(identityKey: string, now: number) {
    const names = await this.#database.level.keys({ gt: `person ${identityKey} `, lt: `person ${identityKey}!` }).all()
    const records = await this.read(names.map((name) => name.slice(name.lastIndexOf(' ') + 1)))
    return records.filter((each) => isLive(each, now))
  }

  async #apply(operation: WriteOperation, now: number, changes: Change[]) {
    const { kind, key } = operation
    const name = `${kind.endsWith('State') ? 'state' : 'session'} ${key}`
    const stored = parse(await this.#database.level.get(name))
    if (stored instanceof Error && kind !== 'put' && kind !== 'delete') return stored
    if (kind === 'rotate' && (await this.#database.level.get(`session ${operation.newKey}`))) return 'taken'
    const former = stored instanceof Error ? null : stored
    const { outcome, record } = applyWrite(operation, former, now)
    if (record === undefined) return outcome
    changes.push({ type: 'del', key: name }, ...(former ? removalOf(former) : []), ...(record ? entriesOf(record) : []))
    return outcome
  }
}

function parse<Kind extends Stored>(text: string | undefined): Kind | Error | null {
  try {
    return text === undefined ? null : JSON.parse(text)
  } catch {
    return new SessionError('SESS_CORRUPT', 'LevelDB: a record is not as it was written')
  }
}

function isLive<Kind extends Stored>(stored: Kind | Error | null, now: number): stored is Kind {
  return stored !== null && !(stored instanceof Error) && stored.expiresAt > now
}

function entriesOf(record: Stored) {
  const put = (key: string, value: string) => ({ type: 'put' as const, key, value })
  if (!('version' in record)) return [put(`state ${record.key}`, JSON.stringify(record))]
  return [
    put(`session ${record.key}`, JSON.stringify(record)),
    put(`person ${record.identityKey ?? ''} ${record.key}`, ''),
  ]
}

const removalOf = (record: Stored) => entriesOf(record).map(({ key }) => ({ type: 'del' as const, key }))
