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

/** Keeps what was measured as results/NAME.json, and shows all that is kept anew: ratios.svg and README.md. */
export async function keep(name: string, result: unknown): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(result, roundFigures, 2)}\n`)
  await showKept()
}

async function showKept(): Promise<void> {
  const [comparisons, scales, profiles] = await Promise.all([
    kept<BackendResult>((backend) => backend),
    kept<ScaleResult>((backend) => `scale-${backend}`),
    kept<ProfileResult>((backend) => `profile-${backend}`),
  ])
  const reports = {
    comparison: comparisons.map(comparison),
    scale: scales.map(scaleReport),
    profile: profiles.map(profileReport),
  }
  await writeFile(new URL('ratios.svg', folder), picture(comparisons))
  await writeFile(new URL('README.md', folder), resultsPage(reports))
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

/** Six digits are more than any of these figures is worth. */
function roundFigures(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}
