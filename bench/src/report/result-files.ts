import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { BackendResult } from '../results.ts'
import { backendNames } from '../subjects/backends.ts'
import { picture } from './picture.ts'

const folder = new URL('../../results/', import.meta.url)

/** Keeps what was measured as results/NAME.json. */
export async function keep(name: string, result: unknown): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(result, roundFigures, 2)}\n`)
}

/** Draws results/ratios.svg from all comparisons that are kept. */
export async function redraw(): Promise<void> {
  const comparisons: readonly string[] = backendNames.map((backend) => `${backend}.json`)
  const names = (await readdir(fileURLToPath(folder))).filter((name) => comparisons.includes(name))
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))
  await writeFile(new URL('ratios.svg', folder), picture(texts.map((text) => JSON.parse(text) as BackendResult)))
}

/** Six digits are more than any of these figures is worth. */
function roundFigures(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}
