import { registerHooks } from 'node:module'

/** Loaded before a child process' program: the packages are imported from their source, as vitest.config.ts has it. */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const [, name, part] = /^@sess\/([\w-]+)(?:\/([\w-]+))?$/.exec(specifier) ?? []
    if (name === undefined) return nextResolve(specifier, context)
    const file = part === undefined ? 'src/index.ts' : `src/${part}/index.ts`
    return nextResolve(new URL(`../../../${name}/${file}`, import.meta.url).href, context)
  },
})
