// pnpm docs             the site of the documentation, into docs/.vitepress/dist; fails on a link that leads nowhere
// pnpm docs dev         the same while it is written, in a browser
// pnpm docs preview     what was built, in a browser

import { deadLinks } from './docs/dead-links.mjs'
import { runProcess } from './run-process.mjs'

const inDocs = async (program, ...args) => {
  const { code } = await runProcess('pnpm', ['--dir=docs', 'exec', program, ...args])
  if (code !== 0) process.exit(code ?? 1)
}

const [task = 'build'] = process.argv.slice(2)
if (task !== 'preview') await inDocs('typedoc') // the reference, from the docstrings
await inDocs('vitepress', task)
if (task === 'build') {
  const dead = deadLinks('docs/.vitepress/dist')
  for (const each of dead) console.error(`Dead link: ${each}`)
  if (dead.length > 0) process.exitCode = 1
}
