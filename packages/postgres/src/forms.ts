import { deleteFirstBy, keyIsParameter, type SqlForms, sql, standardForms, storedList } from '@sess/sql'

/** PostgreSQL goes by the index for a list of keys in an array, and may scan the table for a join or a subquery. */
const keyIn: SqlForms['keyIn'] = ({ quote, stored }, keys) =>
  sql`${stored('key')} = any(array(select s.${quote('key')} from ${keys}))`

const first: SqlForms['first'] = (target, rows) =>
  sql`${standardForms.first(target, rows)}${rows.skipLocked ? ' for update skip locked' : ''}`

export const postgresForms: SqlForms = {
  ...standardForms,
  keyIn,
  first,

  select(target, { columns, keys }) {
    const found = keys === undefined ? keyIsParameter(target) : keyIn(target, keys)
    return sql`select ${storedList(target, columns)} from ${target.table} where ${found}`
  },

  // The row's place finds it at once, as the transaction has it locked.
  deleteFirst: deleteFirstBy(
    first,
    () => 'ctid',
    (rows) => sql`= any(array(${rows}))`,
  ),

  lockInOrder: ({ table, stored }, where) => ({
    before: sql`with locked as materialized
      (select 1 from ${table} where ${where} order by ${stored('key')} for update)`,
    where: sql`(select count(*) from locked) >= 0`,
  }),
}
