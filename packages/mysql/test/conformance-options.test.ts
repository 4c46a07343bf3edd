import { describeConformance } from '@sess/core/conformance'
import { shared } from '@sess/testkit'
import mysql, { type PoolOptions } from 'mysql2/promise'
import { describe, it } from 'vitest'
import { engines } from './engines.ts'
import { mysqlHarness } from './harness.ts'

/** Everything by which an owner changes what mysql2 sends and gives back. */
const oddPool: PoolOptions = {
  charset: 'latin1',
  namedPlaceholders: true,
  rowsAsArray: false,
  nestTables: '_',
  typeCast: () => 'cast',
  supportBigNumbers: true,
  bigNumberStrings: true,
  decimalNumbers: true,
  dateStrings: true,
  timezone: '+13:00',
  multipleStatements: true,
  stringifyObjects: true,
  flags: ['-FOUND_ROWS'],
  maxPreparedStatements: 2,
  connectionLimit: 3,
}

const expectedFailures = {
  'at-rest/ids-are-hashed': 'the ids are kept plain',
}

describe.each(engines)(
  '%s: a pool with every option set otherwise, plain ids, one operation at a time',
  async (name) => {
    const server = await shared(name)
    const harness = mysqlHarness(server, (uri) => ({
      pool: mysql.createPool({ uri, ...oddPool }),
      ids: 'plain',
      coalesce: false,
    }))
    describeConformance({ describe, it }, { ...harness, expectedFailures })
  },
)
