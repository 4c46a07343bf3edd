import { deleteFirstBy, list, type SqlForms, sql, standardForms } from '@sess/sql'

/** The columns that an index has. */
const indexed: ReadonlySet<string> = new Set(['key', 'identity_key', 'expires_slot'])

export const sqliteForms: SqlForms = {
  ...standardForms,

  deleteFirst: deleteFirstBy(standardForms.first, () => 'rowid'),

  /** SQLite rewrites the entry of every index whose column an UPDATE names, though the value stays the same. This one names none. */
  updateInPlace(target, { assignments, where, ...update }) {
    const stays = assignments
      .filter(([column]) => column !== 'key' && indexed.has(column))
      .map(([column, value]) => sql` and ${target.stored(column)} is ${value}`)
    const others = assignments.filter(([column]) => !indexed.has(column))
    return standardForms.update(target, { ...update, assignments: others, where: sql`${where}${list(stays, '')}` })
  },
}
