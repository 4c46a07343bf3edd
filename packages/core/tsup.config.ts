import { build } from '../../tsup.base.ts'

export default build(['src/index.ts', 'src/config/index.ts', 'src/conformance/index.ts'])
