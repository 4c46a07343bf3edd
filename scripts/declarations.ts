import { join } from 'node:path'
import ts from 'typescript'

/**
 * Writes dist/**\/*.d.ts and their maps for what the entry points of a package reach. They refer to the built @sess/core, as
 * a user's compiler will, and not to its source, and name each other with `.js`, which every compiler and tool resolves.
 */
export function writeDeclarations(folder: string, entries: readonly string[]): void {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: entries, include: [] }, ts.sys, folder)
  const program = ts.createProgram(
    entries.map((entry) => join(folder, entry)),
    {
      ...options,
      paths: {},
      noEmit: false,
      declaration: true,
      declarationMap: true,
      emitDeclarationOnly: true,
      rootDir: join(folder, 'src'),
      outDir: join(folder, 'dist'),
    },
  )
  const { diagnostics } = program.emit(undefined, (file, text) => {
    // Of the same length, so that the map stays true.
    ts.sys.writeFile(file, text.replace(/(from |import\(|import )(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2'))
  })
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics]
  if (problems.length === 0) return
  throw new Error(
    ts.formatDiagnostics(problems, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => folder,
      getNewLine: () => '\n',
    }),
  )
}
