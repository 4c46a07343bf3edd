import { resolve } from 'node:path'
import { driverErrors } from '@sess/core'
import { ClassicLevel } from 'classic-level'

export type Change = { type: 'put'; key: string; value: string } | { type: 'del'; key: string }

const databases = new Map<string, Database>()

/** LevelDB lets one process open a folder, and that once: the stores of this process share it. */
export class Database {
  readonly level: ClassicLevel
  readonly #users = new Set<object>()
  #lastTurn: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.level = new ClassicLevel(folder)
  }

  static in(path: string): Database {
    const folder = resolve(path)
    const database = databases.get(folder) ?? new Database(folder)
    databases.set(folder, database)
    return database
  }

  async open(user: object): Promise<void> {
    await this.level.open()
    this.#users.add(user)
  }

  async close(user: object): Promise<void> {
    if (this.#users.delete(user) && this.#users.size === 0) await this.level.close()
  }

  /** What reads and then writes takes its turn: nothing comes between. All of its changes take effect, or none. */
  change<T>(work: (changes: Change[]) => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(async () => {
      const changes: Change[] = []
      const result = await work(changes)
      await this.level.batch(changes, { sync: true })
      return result
    })
    this.#lastTurn = turn.catch(() => {})
    return turn
  }
}

export const { toSessionError } = driverErrors({
  product: 'LevelDB',
  faults: { LEVEL_DATABASE_NOT_OPEN: 'unreachable', LEVEL_IO_ERROR: 'exhausted', LEVEL_CORRUPTION: 'damaged' },
  heads: ['Database is not open', 'Database failed to open', 'Corruption', 'IO error'],
})
