import { spawnSync } from 'node:child_process'

/** A package registry, through npm: the client that speaks trusted publishing and provenance. */
export function registryAt(url) {
  const npm = (...args) => spawnSync('npm', [...args, `--registry=${url}`], { encoding: 'utf8' })
  return {
    /** Whether it has a version of a package in a range. Anything but a clear no is an error. */
    has(name, range) {
      const { status, stdout, stderr } = npm('view', `${name}@${range}`, 'version', '--json')
      if (status === 0) return stdout.trim() !== ''
      if (/\bE404\b/.test(stdout + stderr)) return false
      throw new Error(`The registry does not say whether it has ${name}@${range}:\n${stderr}`)
    },
    /** A tarball is published as it is: no script of the package runs. */
    publish(file, { provenance }) {
      const { status, stdout, stderr } = npm(
        'publish',
        file,
        '--access=public',
        ...(provenance ? ['--provenance'] : []),
      )
      if (status !== 0) throw new Error(`${stdout}${stderr}`)
    },
  }
}
