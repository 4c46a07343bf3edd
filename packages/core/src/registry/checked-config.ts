import type { StandardSchemaV1 } from '@standard-schema/spec'
import { bareNumberOfOption, commonOptionsOf, markChecked } from '../config/common-options.ts'
import { type ConfigProblem, ownVendor } from '../config/problems.ts'
import { fromDocument, storeConfig } from '../config/store-config.ts'
import { isPlainObject } from '../contract/plain-object.ts'
import { scrub } from './scrub.ts'
import type { StoreRequest } from './store-request.ts'

/** What a store is opened with, or what is wrong with it. */
type Checked = { readonly value: unknown } | { readonly problems: readonly ConfigProblem[] }

const commonConfig = storeConfig({})

/**
 * The config that a definition's schema makes of the one that was asked for. The options of every store are in it even
 * where the schema knows nothing of them: most libraries drop what they don't know.
 */
export async function checkConfig({ definition, config, path, isDocument }: StoreRequest): Promise<Checked> {
  const schema = definition.config['~standard']
  const isOwn = schema.vendor === ownVendor
  const result = await validate(schema, config, isOwn && isDocument)
  const common = isOwn ? { value: {} } : optionsBeside(config, result.issues ? config : result.value, isDocument)
  const problems = [
    ...problemsOf(result.issues, path, (message) => (isOwn ? message : scrub(message, config))),
    ...problemsOf(common.issues, path, (message) => message),
  ]
  if (problems.length > 0 || result.issues || common.issues) return { problems }
  return { value: withOptions(result.value, common.value) }
}

function problemsOf(
  issues: readonly StandardSchemaV1.Issue[] | undefined,
  path: readonly string[],
  clean: (message: string) => string,
): ConfigProblem[] {
  return (issues ?? []).map((issue) => ({
    path: [...path, ...(issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step))],
    message: clean(issue.message),
  }))
}

async function validate(
  { validate: run }: StandardSchemaV1.Props,
  config: unknown,
  isDocument: boolean,
): Promise<StandardSchemaV1.Result<unknown>> {
  try {
    return await (isDocument ? run(config, fromDocument) : run(config))
  } catch (error) {
    return {
      issues: [{ message: `could not be checked: ${error instanceof Error ? error.message : 'its schema failed'}` }],
    }
  }
}

/** The options of every store that the user has given and that a schema of its own has dropped. */
function optionsBeside(given: unknown, kept: unknown, isDocument: boolean): StandardSchemaV1.Result<object> {
  if (!isPlainObject(given) || !isPlainObject(kept)) return { value: {} }
  const dropped: Record<string, unknown> = {}
  const issues: StandardSchemaV1.Issue[] = []
  for (const [key, value] of Object.entries(commonOptionsOf(given))) {
    // One that the schema has kept is the schema's to check; but where it has left a number as it was, nobody has said in what unit.
    const fault = isDocument && kept[key] === value ? bareNumberOfOption(key, value) : undefined
    if (fault !== undefined) issues.push({ path: [key], message: fault.problem })
    if (!Object.hasOwn(kept, key)) dropped[key] = value
  }
  const result = commonConfig['~standard'].validate(dropped, isDocument ? fromDocument : undefined)
  if (result.issues) issues.push(...result.issues)
  return issues.length > 0 || result.issues ? { issues } : { value: result.value as object }
}

/** Only plain objects have room for options; any other value is what its schema wants it to be. */
function withOptions(value: unknown, options: object): unknown {
  if (!isPlainObject(value)) return value
  return markChecked(Object.keys(options).length === 0 ? value : { ...options, ...value })
}
