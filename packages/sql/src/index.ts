export { createSqlBackend, type SqlBackendOptions } from './backend.ts'
export { connectionsForWrites, defaultConnections, parseDatabaseUrl } from './connections.ts'
export {
  encodeJsonRows,
  type IdentityPages,
  jsonRows,
  type RowSource,
  rowAsParameters,
  type SqlDialect,
  type SqlRow,
} from './dialect.ts'
export {
  runAsync,
  runSync,
  type SqlCall,
  type SqlDriver,
  type SqlResult,
  type SqlValue,
  type SqlWork,
} from './driver.ts'
export type {
  Delete,
  DeleteFirst,
  First,
  LockInOrder,
  LockingForms,
  NewIndex,
  NewTable,
  Rows,
  SchemaForms,
  Select,
  SqlForms,
  Update,
  Upsert,
  Write,
} from './forms.ts'
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
export {
  addColumn,
  and,
  clause,
  deleteFirstBy,
  insertRows,
  keyIsParameter,
  standardForms,
  standardSchema,
  tableParts,
} from './standard-forms.ts'
export { type Column, type ColumnType, defaultTable, requiredColumns } from './table.ts'
export { type Assignments, storedList, type Target } from './target.ts'
