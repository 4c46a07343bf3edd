import { otherEngines } from './engines.ts'
import { describeOnEngine } from './on-an-engine.ts'

for (const engine of otherEngines) describeOnEngine(engine)
