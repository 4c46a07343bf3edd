import { stripTypeScriptTypes } from 'node:module'

/** A jest transformer that does what Node itself does with a .ts file. */
export default { process: (source) => ({ code: stripTypeScriptTypes(source) }) }
