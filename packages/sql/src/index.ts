export { createSqlBackend, type SqlBackendOptions } from './backend.ts'
export { encodeJsonRows, jsonRows, type RowSource, rowAsParameters, type SqlDialect, type SqlRow } from './dialect.ts'
export {
  runAsync,
  runSync,
  type SqlCall,
  type SqlDriver,
  type SqlResult,
  type SqlValue,
  type SqlWork,
} from './driver.ts'
export {
  list,
  parameter,
  type SqlFragment,
  type SqlParameter,
  type SqlPart,
  type SqlStatement,
  sql,
} from './fragment.ts'
export { isolateFailures } from './isolate-failures.ts'
export { schemaSql } from './schema.ts'
export { type Column, type ColumnType, defaultTable } from './table.ts'
