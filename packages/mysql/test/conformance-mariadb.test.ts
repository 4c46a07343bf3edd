import { describeConformance } from '@sess/core/conformance'
import { shared } from '@sess/testkit'
import { describe, it } from 'vitest'
import { byUrl } from './harness.ts'

describeConformance({ describe, it }, byUrl(await shared('mariadb')))
