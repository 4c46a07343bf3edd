import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { sourceImports } from '@sess/testkit'
import { expect, test } from 'vitest'
import { onServer } from './on-server.ts'
import { ownSchema } from './server.ts'

/** Refuses drivers that "are not installed", and tells which were loaded. */
const watched = (missing: readonly string[]) => `
  import { registerHooks } from 'node:module'
  globalThis.loaded = []
  registerHooks({
    resolve(specifier, context, next) {
      if (${JSON.stringify(missing)}.includes(specifier)) {
        throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
      }
      if (specifier === 'postgres' || specifier === 'pg') globalThis.loaded.push(specifier)
      return next(specifier, context)
    },
  })`

async function run(missing: readonly string[], program: string): Promise<unknown> {
  const asUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`
  const args = [
    '--import',
    sourceImports,
    '--import',
    asUrl(watched(missing)),
    '--input-type=module',
    '--eval',
    program,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  return JSON.parse(stdout)
}

onServer('postgres15', 'of the drivers', async () => {
  const { url, schema } = await ownSchema()
  const use = `
    import { postgresStore } from '@sess/postgres'
    const before = [...globalThis.loaded]
    const store = postgresStore({ url: ${JSON.stringify(url)}, schema: ${JSON.stringify(schema)} })
    const outcome = await store.ping().then(() => 'done', ({ code, message }) => code + ': ' + message)
    await store.close()
    console.log(JSON.stringify({ before, loaded: globalThis.loaded, outcome }))`

  test('postgres.js comes first, and none is loaded before it is needed', async () => {
    expect(await run([], use)).toEqual({ before: [], loaded: ['postgres'], outcome: 'done' })
  })

  test('pg serves where only that is installed', async () => {
    expect(await run(['postgres'], use)).toEqual({ before: [], loaded: ['pg'], outcome: 'done' })
  })

  test('none is told with what to install', async () => {
    const { outcome } = (await run(['postgres', 'pg'], use)) as { outcome: string }
    expect(outcome).toMatch(/^SESS_CONFIG: .*postgres.*pg/)
  })
})
