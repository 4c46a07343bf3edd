import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isSkipped } from '../src/index.ts'
import { descendantsOf, expectGone } from './outcome-of-a-process.ts'
import { spawnFixture, startIn } from './process-with-servers.ts'

const timeout = 120_000
const names = (['redis7', 'pgbouncer', 'mariadb'] as const).filter((name) => !isSkipped(name))

describe.skipIf(names.length === 0)('servers end with the process that started them', () => {
  it('when it is killed with SIGKILL', { timeout }, async () => {
    const { child, pids, folders } = await startIn('wait', names)
    child.kill('SIGKILL')
    await expectGone(pids, folders, 5000)
  })

  it('when its whole process group is killed with SIGKILL', { timeout }, async () => {
    const { child, pids, folders } = await startIn('wait', names.slice(0, 1))
    process.kill(-Number(child.pid), 'SIGKILL')
    await expectGone(pids, folders, 5000)
  })

  it('when Ctrl-C interrupts it', { timeout }, async () => {
    const { child, pids, folders } = await startIn('wait', names.slice(0, 1))
    process.kill(-Number(child.pid), 'SIGINT')
    await expectGone(pids, folders, 5000)
  })

  it('when it simply ends, which no server keeps it from', { timeout }, async () => {
    const { child, pids, folders } = await startIn('end', names.slice(0, 1))
    await (child.exitCode === null ? once(child, 'exit') : undefined)
    expect(child.exitCode).toBe(0)
    await expectGone(pids, folders, 5000)
  })

  it('when it is killed at any moment of their start', { timeout }, async () => {
    for (let afterMs = 0; afterMs <= 240; afterMs += 20) {
      const folder = mkdtempSync(join(tmpdir(), 'sess-moments-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      const child = spawnFixture('wait', names.slice(0, 1), { TMPDIR: folder })
      await sleep(80 + afterMs)
      const pids = descendantsOf(Number(child.pid))
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
      await expectGone(pids, [], 5000)
      expect(readdirSync(folder)).toEqual([])
    }
  })
})
