import { isDeepStrictEqual } from 'node:util'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { SessionError } from '../../contract/errors.ts'
import type { JsonObject } from '../../contract/json.ts'
import { stepInPath } from '../../contract/key-in-path.ts'
import { copyData, isObject } from './codec.ts'

export interface DataSchemaOptions {
  readonly schema: StandardSchemaV1
  /** Turns data that no longer fits into data that does. Null: there is no such function. */
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
   * Returns the data to store: the schema's output, which must pass the schema again unchanged.
   * @throws `SESS_INVALID_DATA` naming the paths that do not fit, and no value
   * @throws `SESS_NOT_SERIALIZABLE`, `SESS_TOO_LARGE`, `SESS_CONFIG` for a schema that is asynchronous
   */
  toStore(data: unknown, maxBytes: number): JsonObject {
    const stored = copyData(this.#fitting(data), maxBytes)
    if (!isDeepStrictEqual(this.#fitting(copyData(stored, maxBytes)), stored)) {
      throw new SessionError(
        'SESS_INVALID_DATA',
        'the schema changes its own output: stored data must pass the schema unchanged',
      )
    }
    return stored
  }

  /**
   * Returns stored data in the form that the application gets; null where neither the data nor the result of `upgrade`
   * fits. @throws `SESS_CONFIG`
   */
  fromStored(stored: JsonObject): JsonObject | null {
    const fits = this.#check(stored)
    if ('value' in fits) return isObject(fits.value) ? (fits.value as JsonObject) : null
    if (this.#upgrade === null) return null
    let upgraded: unknown
    try {
      // A schema may alter its argument, so the upgrade gets a copy of the stored data.
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
      throw new SessionError('SESS_INVALID_DATA', 'the output of the schema must be an object')
    return result.value
  }

  #check(data: unknown): { value: unknown } | { paths: readonly string[] } {
    let result: StandardSchemaV1.Result<unknown> | Promise<unknown>
    try {
      result = this.#schema['~standard'].validate(data)
    } catch {
      // The message of the error may quote the data.
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
