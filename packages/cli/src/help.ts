/** Help texts, made from the same definitions that are parsed. */
import type { Command, Io, Options } from './command.ts'
import { exitStatus } from './exit-status.ts'
import { helpOption } from './parse.ts'
import { padEnd } from './terminal/text.ts'

type HelpIo = Pick<Io, 'colours' | 'width'>

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, line]
}

/** Two columns, the second one wrapped beside the first. */
const definitions = (rows: readonly (readonly [string, string])[], width: number): string[] => {
  const left = Math.max(0, ...rows.map(([term]) => term.length))
  return rows.flatMap(([term, meaning]) =>
    wrap(meaning, Math.max(30, width - left - 5)).map((line, index) =>
      `  ${padEnd(index === 0 ? term : '', left)}  ${line}`.trimEnd(),
    ),
  )
}

const optionTerms = (options: Options): (readonly [string, string])[] =>
  Object.entries(options).map(([name, { short, type, value, description }]) => {
    const shortForm = short === undefined ? '    ' : `-${short}, `
    const placeholder = type === 'string' ? ` ${value ?? 'VALUE'}` : ''
    return [`${shortForm}--${name}${placeholder}`, description] as const
  })

const maxTextWidth = 100

export const commandHelp = (command: Command, { colours, width }: HelpIo): string => {
  const columns = Math.min(width, maxTextWidth)
  const paragraphs = (command.description ?? '').split('\n\n').filter((text) => text !== '')
  return [
    `${command.summary}.`,
    '',
    `${colours.bold('Usage')}  ./roundtrip ${command.name} ${command.usage}`.trimEnd(),
    ...paragraphs.flatMap((text) => ['', ...wrap(text, columns)]),
    '',
    colours.bold('Options'),
    ...definitions(optionTerms({ ...command.options, ...helpOption }), columns),
    ...(command.examples.length === 0 ? [] : ['', colours.bold('Examples')]),
    ...command.examples.flatMap(({ command: line, about }) => [`  ${colours.dim(`# ${about}`)}`, `  ${line}`]),
    '',
  ].join('\n')
}

const statuses: readonly (readonly [string, string])[] = [
  [String(exitStatus.ok), 'done'],
  [String(exitStatus.failure), 'it failed; the sentence on standard error says why'],
  [String(exitStatus.usage), 'the command line is wrong'],
  [String(exitStatus.notRunning), 'no stack is running'],
  [String(exitStatus.settings), 'a setting is wrong'],
  [String(exitStatus.interrupted), 'interrupted before it was done'],
]

const variables: readonly (readonly [string, string])[] = [
  ['ROUNDTRIP_ROOT', 'folder of the stack’s data, logs and certificates (default: .roundtrip in the project)'],
  ['ROUNDTRIP_PORTS', 'default, or free to let the system choose every port'],
  ['ROUNDTRIP_PORT_<NAME>', 'one port, e.g. ROUNDTRIP_PORT_EDGE_HTTPS=9443'],
  ['ROUNDTRIP_EDGE_SETTINGS', 'settings file of the edges: routes, pools, cache, limits; e.g. infra/edge/edge.yaml'],
  ['ROUNDTRIP_APP', 'origins of an app of your own that takes the place of the shop, e.g. http://127.0.0.1:3000'],
  ['ROUNDTRIP_APP_HEALTH_PATH', 'path that app answers with 2xx when it is healthy (default: /)'],
  ['NO_COLOR', 'no colours; FORCE_COLOR=1 for colours without a terminal'],
]

/** The groups in which `roundtrip help` lists the commands. */
export interface CommandGroup {
  readonly title: string
  readonly commands: readonly Pick<Command, 'name' | 'summary'>[]
}

export const generalHelp = (groups: readonly CommandGroup[], { colours, width }: HelpIo): string => {
  const columns = Math.min(width, maxTextWidth)
  const left = Math.max(...groups.flatMap(({ commands }) => commands.map(({ name }) => name.length)))
  return [
    'The whole round trip of a web request, as a stack of small services.',
    '',
    `${colours.bold('Usage')}  ./roundtrip <command> [options]`,
    ...groups.flatMap(({ title, commands }) => [
      '',
      colours.bold(title),
      ...definitions(
        commands.map(({ name, summary }) => [padEnd(name, left), summary] as const),
        columns,
      ),
    ]),
    '',
    colours.bold('Environment'),
    ...definitions(variables, columns),
    '',
    colours.bold('Exit status'),
    ...definitions(statuses, columns),
    '',
    './roundtrip <command> --help says more about each.',
    '',
  ].join('\n')
}
