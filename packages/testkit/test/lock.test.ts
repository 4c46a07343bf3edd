import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tryLock, withLock } from '../src/process/lock.ts'

describe.skipIf(process.platform !== 'linux')('the lock of downloads and ports', () => {
  it('is held by one at a time', async () => {
    const name = randomUUID()
    let inside = 0
    const most: number[] = []
    const work = async () => {
      inside++
      most.push(inside)
      await new Promise((resolve) => setTimeout(resolve, 5))
      inside--
    }
    await Promise.all([1, 2, 3].map(() => withLock(name, work)))
    expect(most).toEqual([1, 1, 1])
  })

  it('is free again when its holder is killed with SIGKILL', async () => {
    const name = randomUUID()
    const script = fileURLToPath(new URL('./fixtures/holds-the-lock.ts', import.meta.url))
    const holder = spawn(process.execPath, [script, name], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void holder.kill('SIGKILL'))
    expect(String(await once(holder.stdout, 'data'))).toContain('held')
    expect(await tryLock(name)).toBeNull()
    const exited = once(holder, 'exit')
    holder.kill('SIGKILL')
    await exited
    const lock = await tryLock(name)
    expect(lock).not.toBeNull()
    lock?.[Symbol.dispose]()
  })

  it('is free again after work that failed', async () => {
    const name = randomUUID()
    await expect(withLock(name, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await withLock(name, async () => 'next')).toBe('next')
  })
})
