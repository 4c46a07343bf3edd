import {
  encodeJsonRows,
  jsonRows,
  list,
  parameter,
  type RowSource,
  rowAsParameters,
  type SqlDialect,
  sql,
} from '@sess/sql'

/** Measured: 64 rows are read faster by one statement over `json_each`, and written faster by one statement for each. */
const jsonEach: RowSource = {
  from: (columns) =>
    sql`(select ${list(columns.map(({ name }, index) => sql`value ->> ${index.toString()} as "${name}"`))} from json_each(${jsonRows})) as s`,
  encode: encodeJsonRows,
}

export const sqliteDialect: SqlDialect = {
  quote: (identifier) => `"${identifier}"`,
  placeholder: () => '?',
  types: { key: 'text', token: 'text', integer: 'integer', payload: 'text' },
  least: 'min',
  readRows: jsonEach,
  writeRows: rowAsParameters,
  returning: true,
  upsert: 'on conflict',
  deleteForm: 'in',
  forUpdate: '',
  skipLocked: '',
  rowId: 'rowid',
  identityPages: 'rowId',
  rowAddress: 'rowid',
  cleanUpStep: 8,
  rewritesIndexes: true,
  columnsOf: sql`select name from pragma_table_info(${parameter('table')})`,
  ddl: { indexes: 'separate', partialIndexes: true, tableSuffix: ' strict' },
}
