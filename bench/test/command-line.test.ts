import { describe, expect, it } from 'vitest'
import { parseCommandLine } from '../src/command-line.ts'
import {
  cellsOf,
  core,
  estimatedMinutes,
  estimatedSeconds,
  type Plan,
  profilePlan,
  usualCells,
  usualPlan,
  warmUpsOf,
} from '../src/plan.ts'

function planOf(...args: string[]): Plan {
  const command = parseCommandLine(args)
  if (command.do !== 'compare') throw new Error(`it is ${command.do}`)
  return command.plan
}

describe('the command line', () => {
  it('without arguments measures the usual cells of every backend, and keeps the results', () => {
    expect(planOf()).toEqual(usualPlan)
  })

  it('such a run takes less than half an hour', async () => {
    expect(await estimatedMinutes(usualPlan)).toBeLessThan(30)
  })

  it('takes backends by name, in a fixed order', () => {
    expect(planOf('redis', 'memory').backends).toEqual(['memory', 'redis'])
  })

  it('a choice of callers, operations, sizes or subjects is measured and not kept', () => {
    const plan = planOf(
      'redis',
      '--callers',
      '1,64',
      '--operations',
      'load,touch',
      '--sizes',
      '8192',
      '--subjects',
      'sess,peer',
    )
    expect(plan.cells).toEqual([
      { operation: 'load', size: 8192, callers: 1 },
      { operation: 'load', size: 8192, callers: 64 },
      { operation: 'touch', size: 8192, callers: 1 },
      { operation: 'touch', size: 8192, callers: 64 },
    ])
    expect(plan.subjects).toEqual(['sess', 'peer'])
    expect(plan.isKept).toBe(false)
    expect(planOf('--subjects', 'sess').isKept).toBe(false)
  })

  it('--full is every operation, size and number of callers, and is kept', () => {
    const plan = planOf('--full')
    expect(plan.cells).toHaveLength(64)
    expect(plan.isKept).toBe(true)
  })

  it('--quick is one short round of the usual cells, and is not kept', () => {
    expect(planOf('--quick')).toMatchObject({ rounds: 1, isKept: false, cells: usualCells })
    expect(planOf('--quick', '--rounds', '2', '--seconds', '0.2')).toMatchObject({ rounds: 2, seconds: 0.2 })
  })

  it('scale has populations of its own', () => {
    expect(parseCommandLine(['scale', 'redis'])).toMatchObject({
      do: 'scale',
      plan: { backends: ['redis'], populations: [10_000, 100_000, 1_000_000], isKept: true },
    })
    expect(parseCommandLine(['scale', '--sessions', '500,100'])).toMatchObject({
      plan: { populations: [100, 500], isKept: false },
    })
  })

  it('profile is of the cells with a target, for those that are held against each other', () => {
    expect(parseCommandLine(['profile', 'redis'])).toMatchObject({
      do: 'profile',
      plan: { ...profilePlan, backends: ['redis'], isKept: true },
    })
    const narrowed = parseCommandLine(['profile', '--callers', '1'])
    expect(narrowed).toMatchObject({ do: 'profile', plan: { subjects: ['sess', 'peer', 'batch'], isKept: false } })
    expect(narrowed).toMatchObject({ plan: { cells: cellsOf({ ...core, callers: [1] }) } })
  })

  it('each operation is warmed up with the most callers and with the fewest, and the estimate knows', () => {
    const lone = cellsOf({ ...core, operations: ['load'], callers: [1, 16, 64] })
    const cells = [...lone, ...cellsOf({ ...core, operations: ['touch'], callers: [64] })]
    const plan: Plan = { ...usualPlan, subjects: ['sess'], cells }
    expect(warmUpsOf(plan)).toEqual([
      { operation: 'load', size: 500, callers: 64, seconds: 2 * plan.warmUpSeconds },
      { operation: 'load', size: 500, callers: 1, seconds: 6 * plan.warmUpSeconds },
      { operation: 'touch', size: 500, callers: 64, seconds: 2 * plan.warmUpSeconds },
    ])
    const longer = estimatedSeconds({ ...plan, warmUpSeconds: plan.warmUpSeconds + 1 })
    expect(longer - estimatedSeconds(plan)).toBeCloseTo(4 + 10) // of four cells each, and the warm-ups of 2, 6 and 2 seconds
  })

  it.each([
    [['oracle'], "There is no backend 'oracle'"],
    [['--operations', 'fly'], "There is no operation 'fly'"],
    [['--subjects', 'me'], "There is no subject 'me'"],
    [['--callers', '1.5'], "--callers: '1.5' is not a whole number"],
    [['--seconds', '0'], "--seconds: '0' is not a positive number"],
    [['--rounds', 'some'], "--rounds: 'some' is not a positive number"],
    [['--callers', '300', '--sessions', '200'], '--sessions: 300 callers need as many'],
    [['--fast'], 'fast'],
  ])('%j is refused with a reason', (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(TypeError)
    expect(() => parseCommandLine(args)).toThrow(message)
  })
})
