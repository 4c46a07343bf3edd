import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from 'simple-statistics'

export interface StartUp {
  /** The package that is imported; 'node' for none. */
  name: string
  /** From the first line of the program until the import is done. */
  importMs: number
  /** The whole process, from its start to its end. */
  processMs: number
}

const times = 9
const cwd = fileURLToPath(new URL('../..', import.meta.url))

/** How long fresh processes take to start and to import each package as it was built; medians. */
export async function measureStartUp(packages: readonly string[]): Promise<StartUp[]> {
  const names = ['node', ...packages]
  const runs = new Map(names.map((name) => [name, { importMs: [] as number[], processMs: [] as number[] }]))
  for (let time = 0; time < times; time += 1) {
    for (const [name, { importMs, processMs }] of runs) {
      const start = performance.now()
      importMs.push(name === 'node' ? 0 : await timeOfImport(name))
      if (name === 'node') await promisify(execFile)(process.execPath, ['--input-type=module', '-e', ''], { cwd })
      processMs.push(performance.now() - start)
    }
  }
  return [...runs].map(([name, { importMs, processMs }]) => ({
    name,
    importMs: median(importMs),
    processMs: median(processMs),
  }))
}

async function timeOfImport(name: string): Promise<number> {
  const program = `const start = performance.now(); await import('${name}'); console.log(performance.now() - start)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd })
  return Number(stdout)
}
