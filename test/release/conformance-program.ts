/** Where a store of each kind keeps what is called `place`: an expression for the options of its factory. */
const places: Record<string, string> = {
  memory: '{ storage: storages[place] ??= new (await import("@sess/memory")).MemoryStorage() }',
  sqlite: '{ path: place + ".db" }',
  redis: '{ url: process.env.URL, sessionPrefix: place + ":session:", statePrefix: place + ":state:" }',
  postgres: '{ url: process.env.URL, table: place }',
  mysql: '{ url: process.env.URL, table: place }',
}

/**
 * A program that holds an installed backend against the suite of the installed core. It prints what failed, and what the
 * runtime cannot show; the harness here has no outage, no dump and no damage.
 */
export function conformanceProgram(backend: string): string {
  return `
    import { runConformance } from '@sess/core/conformance'
    import { ${backend}Store } from '@sess/${backend}'

    const storages = {}
    const placeOf = new WeakMap()
    let opened = 0
    async function open(place, options) {
      const store = ${backend}Store({ ...${places[backend]}, ...options })
      placeOf.set(store, place)
      return store
    }
    const report = await runConformance({
      takesOptions: true,
      open: (options) => open('rehearsal_' + process.pid + '_' + opened++, options),
      openPeer: (store, options) => open(placeOf.get(store), options),
    })
    const failed = report.cases.filter(({ status }) => status === 'failed')
    const unseen = report.cases.filter(({ status, reason }) => status === 'skipped' && !/^the harness has no /.test(reason))
    console.log(JSON.stringify({
      passed: report.passed,
      failed: failed.map(({ id, error }) => id + ': ' + error?.message),
      unseen: unseen.map(({ id, reason }) => id + ': ' + reason),
    }))
  `
}
