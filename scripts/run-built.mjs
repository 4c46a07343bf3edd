// node scripts/run-built.mjs WORKSPACE ARGS...
//
// Builds the packages that a workspace folder (examples/web, bench) depends on, unless turbo has them in its cache,
// and runs the folder's src/main.ts as it stands.

import { spawnSync } from 'node:child_process'
import { endLike, runProcess } from './run-process.mjs'

const [workspace, ...args] = process.argv.slice(2)

// What turbo has to say is of interest only when the build fails, and standard output belongs to the program.
const build = spawnSync('turbo', ['run', 'build', `--filter={./${workspace}}...`], { encoding: 'utf8' })
if (build.status !== 0) {
  process.stderr.write(`${build.stdout}${build.stderr}`)
  process.exit(1)
}

endLike(await runProcess(process.execPath, [`${workspace}/src/main.ts`, ...args]))
