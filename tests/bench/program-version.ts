/** Which version of a program is installed. */
import { execFileSync } from 'node:child_process'

/** The first line that a program says about its version, on either output. */
export const versionOf = (command: string, flag: string, pattern: RegExp): string | undefined => {
  try {
    const said = execFileSync('sh', ['-c', `exec ${command} ${flag} 2>&1`], { encoding: 'utf8' })
    return pattern.exec(said)?.[1]
  } catch {
    return undefined
  }
}
