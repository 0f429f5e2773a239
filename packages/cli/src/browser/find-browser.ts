/** Finds an installed browser of the Chromium family: the one kind that takes name and trust rules by flag. */
import { delimiter, join } from 'node:path'
import type { Environment } from '@roundtrip/config'
import { isExecutable } from '@roundtrip/stack'

const programs = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'brave-browser',
  'microsoft-edge',
]

const macApplications = [
  'Google Chrome.app/Contents/MacOS/Google Chrome',
  'Chromium.app/Contents/MacOS/Chromium',
  'Brave Browser.app/Contents/MacOS/Brave Browser',
  'Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
]

/** Whether there is a screen to open a window on; a Linux machine without one says nothing about it by itself. */
export const hasDisplay = (platform: NodeJS.Platform, env: Environment): boolean =>
  platform !== 'linux' || Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY'])

/** Where a browser may be, likeliest first. */
export const browserCandidates = (platform: NodeJS.Platform, { PATH = '', HOME = '' }: Environment): string[] => {
  const onPath = programs.flatMap((program) =>
    PATH.split(delimiter)
      .filter((folder) => folder !== '')
      .map((folder) => join(folder, program)),
  )
  if (platform !== 'darwin') return onPath
  const folders = ['/Applications', join(HOME, 'Applications')]
  return [...macApplications.flatMap((path) => folders.map((folder) => join(folder, path))), ...onPath]
}

export const findBrowser = (
  platform: NodeJS.Platform,
  env: Environment,
  exists: (file: string) => boolean = isExecutable,
): string | undefined => browserCandidates(platform, env).find(exists)
