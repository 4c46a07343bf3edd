import type { StandardSchemaV1 } from '@standard-schema/spec'
import { bareNumberOfOption, commonOptionsOf, markChecked } from '../config/common-options.ts'
import { type ConfigProblem, ownVendor } from '../config/problems.ts'
import { fromDocument, storeConfig } from '../config/store-config.ts'
import { isPlainObject } from '../contract/plain-object.ts'
import { scrub } from './scrub.ts'
import type { StoreRequest } from './store-request.ts'

/** The checked config of a store, or its problems. */
type Checked = { readonly value: unknown } | { readonly problems: readonly ConfigProblem[] }

const commonConfig = storeConfig({})

/**
 * Checks a config with the schema of its definition. The options of every store are in the result even where the schema
 * does not know them: most libraries drop unknown keys.
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
      issues: [{ message: `the check failed: ${error instanceof Error ? error.message : 'its schema failed'}` }],
    }
  }
}

/** The options of every store that the user has given and that a schema of its own has dropped. */
function optionsBeside(given: unknown, kept: unknown, isDocument: boolean): StandardSchemaV1.Result<object> {
  if (!isPlainObject(given) || !isPlainObject(kept)) return { value: {} }
  const dropped: Record<string, unknown> = {}
  const issues: StandardSchemaV1.Issue[] = []
  for (const [key, value] of Object.entries(commonOptionsOf(given))) {
    // The schema checks every option that it keeps. A number that it has left unchanged still has no unit.
    const fault = isDocument && kept[key] === value ? bareNumberOfOption(key, value) : undefined
    if (fault !== undefined) issues.push({ path: [key], message: fault.problem })
    if (!Object.hasOwn(kept, key)) dropped[key] = value
  }
  const result = commonConfig['~standard'].validate(dropped, isDocument ? fromDocument : undefined)
  if (result.issues) issues.push(...result.issues)
  return issues.length > 0 || result.issues ? { issues } : { value: result.value as object }
}

/** Options are added to plain objects only; any other output of a schema stays as it is. */
function withOptions(value: unknown, options: object): unknown {
  if (!isPlainObject(value)) return value
  return markChecked(Object.keys(options).length === 0 ? value : { ...options, ...value })
}
