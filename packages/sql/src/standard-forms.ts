import type { DeleteFirst, NewTable, SchemaForms, SqlForms } from './forms.ts'
import { list, parameter, type SqlFragment, type SqlPart, sql } from './fragment.ts'
import type { Column } from './table.ts'
import { type Assignments, storedList, type Target } from './target.ts'

/** A further condition, or nothing. */
export function and(where: SqlFragment | undefined): SqlPart {
  return clause('and', where)
}

/** A clause with a space before it, or nothing. */
export function clause(words: string, part: SqlPart | undefined): SqlPart {
  return part === undefined ? '' : sql` ${words} ${part}`
}

/** That a row's key is the parameter `key`. */
export function keyIsParameter({ stored }: Target): SqlFragment {
  return sql`${stored('key')} = ${parameter('key')}`
}

/** INSERT of the assigned columns from the incoming rows. It is refused as a whole if one of the keys is taken. */
export function insertRows(
  { quote, table, rows }: Target,
  incoming: readonly Column[],
  assignments: Assignments,
): SqlFragment {
  const values = list(assignments.map(([, value]) => value))
  const insert = sql`insert into ${table} (${list(assignments.map(([column]) => quote(column)))})`
  // SQLite would take the ON of an upsert for a join's if the SELECT had no WHERE.
  return rows ? sql`${insert} select ${values} from ${rows(incoming)} where true` : sql`${insert} values (${values})`
}

function returningClause(target: Target, columns: readonly Column[] | undefined): SqlPart {
  return clause('returning', columns && storedList(target, columns))
}

/** Makes {@link SqlForms.deleteFirst}. `address`: a column that finds a row at once. `isAmong`: the condition on it. */
export function deleteFirstBy(
  first: SqlForms['first'],
  address: (target: Target) => string,
  isAmong: (rows: SqlFragment) => SqlFragment = (rows) => sql`in (${rows})`,
): SqlForms['deleteFirst'] {
  return (target, remove: DeleteFirst) => {
    const columns = address(target)
    const rows = isAmong(first(target, { ...remove.first, columns }))
    return sql`delete from ${target.table} where ${columns} ${rows} and ${remove.where}${returningClause(target, remove.returning)}`
  }
}

const first: SqlForms['first'] = ({ table }, { columns, where, orderBy, limit, offset }) =>
  sql`select ${columns} from ${table} where ${where}${clause('order by', orderBy)} limit ${limit}${clause('offset', offset)}`

const keyIn: SqlForms['keyIn'] = ({ quote, stored }, keys) =>
  sql`${stored('key')} in (select s.${quote('key')} from ${keys})`

/** The forms that PostgreSQL and SQLite share. */
export const standardForms: SqlForms = {
  select(target, { columns, keys }) {
    const { quote, table, stored } = target
    const selected = storedList(target, columns)
    if (keys === undefined) return sql`select ${selected} from ${table} where ${keyIsParameter(target)}`
    return sql`select ${selected} from ${keys} join ${table} on ${stored('key')} = s.${quote('key')}`
  },

  first,

  upsert(target, { columns, assignments, onlyWhere, returning }) {
    const { quote } = target
    const others = assignments.filter(([column]) => column !== 'key')
    const set = list(others.map(([column]) => `${quote(column)} = excluded.${quote(column)}`))
    return sql`${insertRows(target, columns, assignments)} on conflict (${quote('key')}) do update set ${set}${clause('where', onlyWhere)}${returningClause(target, returning)}`
  },

  update(target, { columns, assignments, where, returning }) {
    const { quote, table, stored, incoming, rows } = target
    const set = list(assignments.map(([column, value]) => sql`${quote(column)} = ${value}`))
    return sql`update ${table} set ${set}${clause('from', rows?.(columns))}
      where ${stored('key')} = ${incoming('key')} and ${where}${returningClause(target, returning)}`
  },

  delete(target, { keys, where, returning }) {
    const found = keys === undefined ? keyIsParameter(target) : this.keyIn(target, keys)
    return sql`delete from ${target.table} where ${found}${and(where)}${returningClause(target, returning)}`
  },

  deleteFirst: deleteFirstBy(first, ({ quote }) => quote('key')),

  keyIn,
}

/** Makes tables by CREATE TABLE and CREATE INDEX IF NOT EXISTS. `suffix` follows the closing parenthesis of CREATE TABLE. */
export function standardSchema(suffix = ''): SchemaForms {
  return {
    createTable: (table) => [
      `create table if not exists ${table.name} (\n  ${tableParts(table).join(',\n  ')}\n)${suffix}`,
      ...table.indexes.map(({ name, column, notNull }) => {
        const where = notNull ? ` where ${column} is not null` : ''
        return `create index if not exists ${name} on ${table.name} (${column})${where}`
      }),
    ],
    addColumn,
  }
}

/** The definitions between the parentheses of CREATE TABLE. */
export function tableParts({ columns, primaryKey }: NewTable): readonly string[] {
  return [...columns, `primary key (${primaryKey})`]
}

export function addColumn(table: string, column: string): string {
  return `alter table ${table} add column ${column}`
}
