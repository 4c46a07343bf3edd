import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

const packages = new URL('../../../packages/', import.meta.url)

/** For a process of its own: the packages from their source, without a build, as the tests themselves have them. */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const [, name, entry] = /^@sess\/([\w-]+)(\/[\w-]+)?$/.exec(specifier) ?? []
    const source = name && new URL(`${name}/src${entry ?? ''}/index.ts`, packages)
    return nextResolve(source && existsSync(source) ? source.href : specifier, context)
  },
})
