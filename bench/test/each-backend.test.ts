import { afterEach, describe, expect, it, vi } from 'vitest'
import { eachBackend } from '../src/each-backend.ts'

describe('each backend', () => {
  const { exitCode } = process
  afterEach(() => {
    vi.restoreAllMocks()
    process.exitCode = exitCode
  })

  it('is measured, whatever became of the ones before, and the command fails in the end', async () => {
    const told = vi.spyOn(console, 'error').mockReturnValue()
    const done: string[] = []
    await eachBackend(['memory', 'redis', 'mysql'], async (backend) => {
      if (backend === 'redis') throw new Error('no server')
      done.push(backend)
    })
    expect(done).toEqual(['memory', 'mysql'])
    expect(told.mock.calls).toEqual([['redis:', expect.objectContaining({ message: 'no server' })]])
    expect(process.exitCode).toBe(1)
  })
})
