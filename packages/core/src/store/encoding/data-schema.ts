import { isDeepStrictEqual } from 'node:util'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { SessionError } from '../../contract/errors.ts'
import type { JsonObject } from '../../contract/json.ts'
import { stepInPath } from '../../contract/key-in-path.ts'
import { copyData, isObject } from './codec.ts'

export interface DataSchemaOptions {
  readonly schema: StandardSchemaV1
  /** Makes of data that no longer fits data that does. Null: nothing does. */
  readonly upgrade: ((old: JsonObject) => unknown) | null
}

/** The application's schema for the data of its sessions. */
export class DataSchema {
  readonly #schema: StandardSchemaV1
  readonly #upgrade: ((old: JsonObject) => unknown) | null

  constructor({ schema, upgrade }: DataSchemaOptions) {
    this.#schema = schema
    this.#upgrade = upgrade
  }

  /**
   * The data as it is to be stored: the schema's output, which passes the schema again unchanged.
   * @throws `SESS_INVALID_DATA` naming the paths of what does not fit, and no value
   * @throws `SESS_NOT_SERIALIZABLE`, `SESS_TOO_LARGE`, `SESS_CONFIG` for a schema that is asynchronous
   */
  toStore(data: unknown, maxBytes: number): JsonObject {
    const stored = copyData(this.#fitting(data), maxBytes)
    if (!isDeepStrictEqual(this.#fitting(copyData(stored, maxBytes)), stored)) {
      throw new SessionError(
        'SESS_INVALID_DATA',
        'the schema changes its own output; what is stored must pass it unchanged',
      )
    }
    return stored
  }

  /** Stored data as the application gets it; null where neither it nor what `upgrade` makes of it fits. @throws `SESS_CONFIG` */
  fromStored(stored: JsonObject): JsonObject | null {
    const fits = this.#check(stored)
    if ('value' in fits) return isObject(fits.value) ? (fits.value as JsonObject) : null
    if (this.#upgrade === null) return null
    let upgraded: unknown
    try {
      // A schema may alter what it is given, so the upgrade gets data as it is stored.
      upgraded = this.#upgrade(structuredClone(stored))
    } catch {
      return null
    }
    if (upgraded instanceof Promise) throw asynchronous('upgrade')
    const fitsNow = this.#check(upgraded)
    return 'value' in fitsNow && isObject(fitsNow.value) ? (fitsNow.value as JsonObject) : null
  }

  #fitting(data: unknown): object {
    const result = this.#check(data)
    if (!('value' in result)) {
      throw new SessionError('SESS_INVALID_DATA', `the data does not fit the schema at ${result.paths.join(', ')}`)
    }
    if (!isObject(result.value))
      throw new SessionError('SESS_INVALID_DATA', 'the schema gives something else than an object')
    return result.value
  }

  #check(data: unknown): { value: unknown } | { paths: readonly string[] } {
    let result: StandardSchemaV1.Result<unknown> | Promise<unknown>
    try {
      result = this.#schema['~standard'].validate(data)
    } catch {
      // Its message may tell of the data.
      return { paths: ['data (the schema threw)'] }
    }
    if (result instanceof Promise) {
      result.catch(() => {})
      throw asynchronous('the schema of data')
    }
    if (result.issues === undefined) return { value: result.value }
    return { paths: [...new Set(result.issues.slice(0, shownIssues).map(({ path }) => formatPath(path)))] }
  }
}

const shownIssues = 8

function formatPath(path: StandardSchemaV1.Issue['path']): string {
  const steps = (path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
  return steps.reduce<string>(
    (shown, step) => shown + stepInPath(typeof step === 'number' ? step : String(step)),
    'data',
  )
}

function asynchronous(what: string): SessionError {
  return new SessionError('SESS_CONFIG', `${what} must be synchronous`)
}
