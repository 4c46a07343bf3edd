import { firstEngines } from './engines.ts'
import { describeOnEngine } from './on-an-engine.ts'

for (const engine of firstEngines) describeOnEngine(engine)
