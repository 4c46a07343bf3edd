import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

const packages = new URL('../../../', import.meta.url)

/** Loaded before a child process' program: the packages are imported from their source, as vitest.config.ts has it. */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const [, name, entry = ''] = /^@sess\/([\w-]+)(\/[\w-]+)?$/.exec(specifier) ?? []
    const source = name && new URL(`${name}/src${entry}/index.ts`, packages)
    return nextResolve(source && existsSync(source) ? source.href : specifier, context)
  },
})
