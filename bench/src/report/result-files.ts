import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { profileReport } from '../profile/profile-report.ts'
import type { ProfileResult } from '../profile/profile-results.ts'
import type { BackendResult } from '../results.ts'
import { scaleReport } from '../scale/scale-report.ts'
import type { ScaleResult } from '../scale/scale-results.ts'
import { type BackendName, backendNames } from '../subjects/backends.ts'
import { comparison } from './comparison.ts'
import { picture } from './picture.ts'
import { resultsPage } from './results-page.ts'

const folder = new URL('../../results/', import.meta.url)

/** Keeps what was measured as results/NAME.json, and draws the picture and the page of all that is kept anew. */
export async function keep(name: string, result: unknown): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(new URL(`${name}.json`, folder), resultText(result))
  await showKept()
}

/** The whole reports on these backends, as the commands printed them. */
export async function keptReports(backends: readonly BackendName[]): Promise<string> {
  const [comparisons, scales, profiles] = await Promise.all([
    kept<BackendResult>((backend) => backend),
    kept<ScaleResult>((backend) => `scale-${backend}`),
    kept<ProfileResult>((backend) => `profile-${backend}`),
  ])
  const chosen = <R extends { readonly backend: BackendName }>(results: readonly R[], report: (result: R) => string) =>
    results.filter(({ backend }) => backends.includes(backend)).map(report)
  return [...chosen(comparisons, comparison), ...chosen(scales, scaleReport), ...chosen(profiles, profileReport)].join(
    '\n',
  )
}

async function showKept(): Promise<void> {
  const [comparisons, scales] = await Promise.all([
    kept<BackendResult>((backend) => backend),
    kept<ScaleResult>((backend) => `scale-${backend}`),
  ])
  await writeFile(new URL('ratios.svg', folder), picture(comparisons))
  await writeFile(new URL('README.md', folder), resultsPage(comparisons, scales))
}

/** The results of one kind that there are, in the order of the backends. */
async function kept<Result>(nameOf: (backend: BackendName) => string): Promise<Result[]> {
  const texts = await Promise.all(
    backendNames.map((backend) =>
      readFile(new URL(`${nameOf(backend)}.json`, folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
        return null
      }),
    ),
  )
  return texts.filter((text) => text !== null).map((text) => JSON.parse(text) as Result)
}

/** JSON with one measurement a line. */
export function resultText(result: unknown): string {
  const indented = JSON.stringify(result, roundFigures, 1)
  // What holds no object or array of its own goes on one line. A line break in JSON is never inside of a string.
  return `${indented.replace(/[{[][^{}[\]]*[}\]]/g, (leaf) => leaf.replace(/\n */g, ''))}\n`
}

/** Six digits are more than any of these figures is worth. */
function roundFigures(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}
