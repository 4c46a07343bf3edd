// The `prepack` of every public package: what is packed was built from this very source, and by pnpm.

import { spawnSync } from 'node:child_process'

// npm would leave `workspace:` and `catalog:` in the manifest, which nobody can install.
if (!process.env.npm_config_user_agent?.startsWith('pnpm/')) {
  console.error('Only pnpm packs a package of sess that can be installed: pnpm pack, or pnpm release')
  process.exit(1)
}

// The package in this folder, and what it depends on. What is in turbo's cache is not built again.
const { status, stdout, stderr } = spawnSync('turbo', ['run', 'build'], { encoding: 'utf8' })
if (status !== 0) {
  process.stderr.write(`${stdout}${stderr}`)
  process.exit(1)
}
