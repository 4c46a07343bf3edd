import { describe, expect, test } from 'vitest'
import { cleanUpStatements } from '../src/clean-up-steps.ts'
import { compile } from '../src/fragment.ts'
import { identityStatements } from '../src/identity-steps.ts'
import {
  and,
  type Column,
  clause,
  encodeJsonRows,
  jsonRows,
  keyIsParameter,
  list,
  parameter,
  rowAsParameters,
  type SqlDialect,
  type SqlForms,
  type SqlPart,
  type SqlStatement,
  schemaSql,
  sql,
  standardForms,
  storedList,
  tableParts,
} from '../src/index.ts'
import { readStatements, returningStatements, tables } from '../src/statements.ts'
import { tableNames } from '../src/table.ts'

/** What SQL Server has in place of RETURNING, in the middle of a statement. */
function output(rows: 'inserted' | 'deleted', columns: readonly Column[] | undefined): SqlPart {
  return clause('output', columns && list(columns.map(({ name }) => `${rows}.[${name}]`)))
}

const first: SqlForms['first'] = ({ table }, { columns, where, orderBy, limit, offset, skipLocked }) => {
  const hint = skipLocked ? ' with (updlock, readpast)' : ''
  if (offset === undefined) {
    return sql`select top (${limit}) ${columns} from ${table}${hint} where ${where}${clause('order by', orderBy)}`
  }
  return sql`select ${columns} from ${table} where ${where}${clause('order by', orderBy)}
    offset ${offset} rows fetch next ${limit} rows only`
}

const tsqlForms: SqlForms = {
  ...standardForms,
  first,
  upsert(target, { columns, assignments, onlyWhere, returning }) {
    const { quote, table, incoming, rows, stored } = target
    const others = assignments.filter(([column]) => column !== 'key')
    const set = list(others.map(([column, value]) => sql`${quote(column)} = ${value}`))
    const names = list(assignments.map(([column]) => quote(column)))
    const values = list(assignments.map(([, value]) => value))
    const using = rows?.(columns) ?? sql`(select ${incoming('key')} as [key]) as s`
    return sql`merge ${table} with (holdlock) using ${using} on ${stored('key')} = s.[key]
      when matched${and(onlyWhere)} then update set ${set}
      when not matched then insert (${names}) values (${values})${output('inserted', returning)};`
  },
  update({ quote, table, incoming, rows, stored }, { columns, assignments, where, returning }) {
    const set = list(assignments.map(([column, value]) => sql`${quote(column)} = ${value}`))
    return sql`update ${table} set ${set}${output('inserted', returning)}${clause('from', rows?.(columns))}
      where ${stored('key')} = ${incoming('key')} and ${where}`
  },
  delete(target, { keys, where, returning }) {
    const found = keys ? standardForms.keyIn(target, keys) : keyIsParameter(target)
    return sql`delete from ${target.table}${output('deleted', returning)} where ${found}${and(where)}`
  },
  deleteFirst: (target, { first: oldest, where, returning }) =>
    sql`delete from ${target.table}${output('deleted', returning)}
      where [key] in (${first(target, { ...oldest, columns: '[key]' })}) and ${where}`,
}

const types = { key: 'varchar(512)', token: 'varchar(64)', integer: 'bigint', payload: 'nvarchar(max)' } as const

/** SQL Server's dialect, as far as text goes: no such server can be had here. */
const tsql: SqlDialect = {
  quote: (identifier) => `[${identifier}]`,
  placeholder: (position) => `@p${position}`,
  types,
  least: 'least',
  same: 'is not distinct from',
  readRows: {
    from: (columns) =>
      sql`openjson(${jsonRows}) with (${list(columns.map(({ name, type }, index) => `[${name}] ${types[type]} '$[${index}]'`))}) as s`,
    encode: encodeJsonRows,
  },
  writeRows: {
    from: (columns) =>
      sql`openjson(${jsonRows}) with (${list(columns.map(({ name, type }, index) => `[${name}] ${types[type]} '$[${index}]'`))}) as s`,
    encode: encodeJsonRows,
  },
  forms: tsqlForms,
  schema: {
    createTable: (table) => [
      `if object_id('${table.name}') is null create table ${table.name} (${tableParts(table).join(', ')})`,
      ...table.indexes.map(
        ({ name, column, notNull }) =>
          `create index ${name} on ${table.name} (${column})${notNull ? ` where ${column} is not null` : ''}`,
      ),
    ],
    addColumn: (table, column) => `alter table ${table} add ${column}`,
  },
  identityPages: { by: 'creation' },
  cleanUpStep: 512,
  columnsOf: sql`select name from sys.columns where object_id = object_id(${parameter('table')})`,
}

/** Every statement of a group, by its path. */
function textsOf(group: object): [string, string][] {
  return Object.entries(group).flatMap(([name, value]): [string, string][] =>
    'text' in value
      ? [[name, (value as SqlStatement).text]]
      : textsOf(value).map(([inner, text]) => [`${name}.${inner}`, text]),
  )
}

/** What SQL Server does not know, and other engines say. */
const foreign =
  /\b(limit|returning|on conflict|on duplicate|for update|excluded|true|if not exists|add column|ctid|rowid)\b|["`?]/i

describe('an engine that says nearly everything in its own way needs no change of this package', () => {
  const of = tables(tsql, tableNames('sessions'))
  test.each(
    textsOf({
      read: readStatements(of),
      write: returningStatements(of),
      identity: identityStatements(of),
      cleanUp: cleanUpStatements(of),
    }),
  )('%s is in the words of its dialect', (_name, text) => {
    expect(text).not.toMatch(foreign)
  })

  test('its tables are defined in the words of its dialect', () => {
    expect(schemaSql(tsql, 'sessions')).not.toMatch(foreign)
    expect(schemaSql(tsql, 'sessions', 1)).toContain('alter table [sessions] add [ttl_ms] bigint')
  })

  test('the word that another engine would say is noticed', () => {
    const alien = tables({ ...tsql, forms: standardForms }, tableNames('sessions'))
    const texts = textsOf({ write: returningStatements(alien), read: readStatements(alien) })
    expect(texts.filter(([, text]) => foreign.test(text)).length).toBeGreaterThan(5)
    const one = { ...tsql, writeRows: rowAsParameters }
    const { put } = returningStatements(tables(one, tableNames('sessions')))
    expect(put.map(({ text }) => text).join()).toMatch(
      /^merge \[sessions\] with \(holdlock\) using \(select @p1 as \[key\]\)/,
    )
    expect(compile(storedList(of.states, [{ name: 'key', type: 'key' }]), tsql.placeholder, true).text).toBe(
      '[sessions_states].[key]',
    )
  })
})
