// npm run api             fails where the public API of a package is not what its api.md says
// npm run api -- --write  writes api.md anew, to be read and committed with the change

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { publicPackages } from '../release/public-packages.mjs'
import { publicApi } from './public-api.ts'

execFileSync('turbo', ['run', 'build', '--filter=./packages/*'], { stdio: ['ignore', 'ignore', 'inherit'] })

for (const { folder } of publicPackages()) {
  const file = join(folder, 'api.md')
  const api = publicApi(folder)
  if (existsSync(file) && readFileSync(file, 'utf8') === api) continue
  const name = relative(process.cwd(), file)
  if (process.argv.includes('--write')) {
    writeFileSync(file, api)
    console.log(`Written: ${name}`)
  } else {
    console.error(`The public API is not what ${name} says: read the difference after \`npm run api -- --write\``)
    process.exitCode = 1
  }
}
