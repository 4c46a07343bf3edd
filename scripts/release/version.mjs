// pnpm release:version
//
// Turns the changesets into versions and CHANGELOGs, and brings the lockfile after them. A backend that is released beside the
// core asks for that core from then on; one that is released alone asks for what it asked for.

import { execFileSync } from 'node:child_process'

execFileSync('changeset', ['version'], { stdio: 'inherit' })
execFileSync('pnpm', ['install', '--lockfile-only', '--no-frozen-lockfile'], { stdio: 'inherit' })
