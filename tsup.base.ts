import { defineConfig } from 'tsup'
import { writeDeclarations } from './scripts/declarations.ts'

/**
 * How every package is built: ESM for Node 22 and declarations, one file for each entry point under dist/. Maps of both lead
 * to src/, which is in the tarball.
 */
export function build(entry: string[] = ['src/index.ts']) {
  return defineConfig({
    entry,
    format: 'esm',
    target: 'node22',
    platform: 'node',
    clean: true,
    sourcemap: true,
    esbuildOptions: (options) => {
      options.sourcesContent = false
    },
    // tsup's own declarations are bundled, and have no maps.
    onSuccess: async () => writeDeclarations(process.cwd(), entry),
  })
}
