import { defineConfig } from 'tsup'

/** How every package is built: ESM for Node 22 and declarations, one file for each entry point under dist/. */
export function build(entry: string[] = ['src/index.ts']) {
  return defineConfig({
    entry,
    format: 'esm',
    target: 'node22',
    platform: 'node',
    clean: true,
    // Declarations refer to the built @sess/core, as a user's compiler will, and not to its source.
    dts: { compilerOptions: { paths: {} } },
  })
}
