/** Colours for terminals, off wherever they would be noise: no terminal, `NO_COLOR` (no-color.org), `TERM=dumb`. */
import { styleText } from 'node:util'
import type { Environment } from '@roundtrip/config'

const styles = ['bold', 'dim', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'gray', 'inverse'] as const

export type Style = (typeof styles)[number]
export type Paint = (text: string) => string
export type Colours = Readonly<Record<Style, Paint>>

/** `NO_COLOR` wins over `FORCE_COLOR`: whoever sets it cannot bear colours. */
export const coloursWanted = (env: Environment, isTty: boolean): boolean => {
  if (env['NO_COLOR']) return false
  const force = env['FORCE_COLOR']
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return isTty && env['TERM'] !== 'dumb'
}

const plain: Paint = (text) => text

export const coloursFor = (enabled: boolean): Colours =>
  Object.fromEntries(
    // The decision has been made by `coloursWanted`; styleText must not make it again from process.env.
    styles.map((style) => [
      style,
      enabled ? (text: string) => styleText(style, text, { validateStream: false }) : plain,
    ]),
  ) as Record<Style, Paint>

const styleOfTier: Readonly<Record<string, Style>> = {
  dns: 'magenta',
  edge: 'cyan',
  web: 'blue',
  app: 'green',
  worker: 'yellow',
  data: 'red',
}

/** Every view paints a tier in the same colour; what is no tier stays as it is. */
export const tierPaint = (colours: Colours, tier: string): Paint => {
  const style = styleOfTier[tier]
  return style === undefined ? plain : colours[style]
}
