import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed })

/**
 * The public API of a built package as text: what each entry point exports, and the declarations of the package that these
 * name in turn, without comments, in the order of their names. Made of the declarations that are published.
 */
export function publicApi(folder: string): string {
  const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const entries = Object.entries<{ types: string }>(exports).map(([key, { types }]) => ({
    specifier: key.replace('.', name),
    file: join(folder, types),
  }))
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2024, skipLibCheck: true, types: ['node'] },
  )
  const checker = program.getTypeChecker()
  const sections = entries.map(({ specifier, file }) => {
    const source = program.getSourceFile(file)
    const module = source && checker.getSymbolAtLocation(source)
    if (module === undefined) throw new Error(`${file} declares nothing: build the packages first`)
    const exported = checker.getExportsOfModule(module)
    const symbols = reached(
      checker,
      exported.map((symbol) => resolved(checker, symbol)),
      join(folder, 'dist'),
    )
    const names = exported.map((symbol) => symbol.name).sort()
    const texts = [...symbols].flatMap(([symbol, nodes]) => nodes.map((node) => [symbol.name, print(node)] as const))
    const declarations = texts.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y)).map(([, text]) => text)
    return [`## ${specifier}`, '', `Exports ${names.join(', ')}.`, '', '```ts', ...declarations, '```'].join('\n')
  })
  return [`# The public API of ${name}`, '', ...sections.flatMap((section) => [section, ''])].join('\n')
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** The symbol that an export or import stands for. */
function resolved(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** These symbols and all that their declarations name, as far as it is declared in the folder, each with its declarations. */
function reached(checker: ts.TypeChecker, from: readonly ts.Symbol[], folder: string): Map<ts.Symbol, ts.Node[]> {
  const found = new Map<ts.Symbol, ts.Node[]>()
  const queue = [...from]
  for (let symbol = queue.pop(); symbol !== undefined; symbol = queue.pop()) {
    if (found.has(symbol)) continue
    const nodes = (symbol.declarations ?? []).map(statementOf).filter((node) => isTopLevel(node, folder))
    if (nodes.length === 0) continue
    found.set(symbol, nodes)
    const visit = (node: ts.Node): void => {
      const named = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined
      if (named !== undefined) queue.push(resolved(checker, named))
      ts.forEachChild(node, visit)
    }
    for (const node of nodes) visit(node)
  }
  return found
}

/** A variable is declared by its whole statement. */
function statementOf(node: ts.Declaration): ts.Node {
  return ts.isVariableDeclaration(node) ? node.parent.parent : node
}

function isTopLevel(node: ts.Node, folder: string): boolean {
  const isOfModule =
    ts.isSourceFile(node.parent) || (ts.isModuleBlock(node.parent) && ts.isModuleDeclaration(node.parent.parent))
  return isOfModule && node.getSourceFile().fileName.startsWith(folder)
}

function print(node: ts.Node): string {
  return printer.printNode(ts.EmitHint.Unspecified, withoutPrivates(node), node.getSourceFile())
}

/** What a class keeps to itself is nobody's API. */
function withoutPrivates(node: ts.Node): ts.Node {
  if (!ts.isClassDeclaration(node)) return node
  const members = node.members.filter(
    (member) =>
      !(member.name !== undefined && ts.isPrivateIdentifier(member.name)) &&
      !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private),
  )
  const { modifiers, name, typeParameters, heritageClauses } = node
  return ts.factory.updateClassDeclaration(node, modifiers, name, typeParameters, heritageClauses, members)
}
