/** What `up` tells once everything is ready: a table, how to try it, where things are. */
import { isAbsolute, relative } from 'node:path'
import type { EdgeAddress, StackAddresses, StatusRow } from '@roundtrip/stack'
import type { Io } from '../command.ts'
import type { OwnApp } from '../stack-settings.ts'
import { tierPaint } from '../terminal/colours.ts'
import { paintState } from '../terminal/states.ts'
import { table } from '../terminal/table.ts'
import { padEnd, visibleWidth } from '../terminal/text.ts'
import { duration } from '../terminal/units.ts'
import { shellLine } from '../terminal/shell-quote.ts'
import { addressAndRole } from './address-text.ts'
import { dataLines, type DataTierAccess } from './data-access.ts'

/** Plain data: it travels from a detached supervisor to the command that started it. */
export interface Report {
  /** Of the supervising process. */
  readonly pid: number
  readonly stack: StackAddresses
  readonly data: DataTierAccess
  /** What web proxies to when that is not the shop. */
  readonly ownApp?: OwnApp
  readonly postgresFolder: string
  readonly instances: readonly StatusRow[]
  /** From the command to the last instance being ready. */
  readonly tookMs: number
  /** Whether this start had to make the data, the certificates and the secrets. */
  readonly cold: boolean
}

type ReportIo = Pick<Io, 'colours' | 'cwd' | 'width'>

/** As short as it can be typed from where the user is. */
export const shownPath = (path: string, cwd: string): string => {
  const short = relative(cwd, path)
  return short === '' ? '.' : short.startsWith('..') || isAbsolute(short) ? path : short
}

const instanceTable = (rows: readonly StatusRow[], { colours }: ReportIo): string[] =>
  table(
    [{ title: 'TIER' }, { title: 'INSTANCE' }, { title: 'ADDRESS' }, { title: 'STATE' }],
    rows.map((row) => [
      tierPaint(colours, row.tier)(row.tier),
      row.name,
      addressAndRole(row),
      paintState(colours, row.state),
    ]),
    { colours },
  )

interface Suggestion {
  readonly line: string
  readonly about: string
}

const isRunning = (name: string, { instances }: Report): boolean => instances.some((row) => row.name === name)

const runsTier = (tier: StatusRow['tier'], { instances }: Report): boolean => instances.some((row) => row.tier === tier)

/** Only a part of the stack may have been asked for. */
const runningEdge = (report: Report): EdgeAddress | undefined =>
  report.stack.edges.find(({ name }) => isRunning(name, report))

/** Broken where a shell takes it, so that it can be pasted and still fits. */
const curlLines = (report: Report, cwd: string): string[] => {
  const { publicName, caFile } = report.stack
  const edge = runningEdge(report)
  if (edge === undefined) return []
  const { host, httpsPort } = edge
  const address = host.includes(':') ? `[${host}]` : host
  // Of an app that is not ours, only its start page can be supposed.
  const path = report.ownApp === undefined ? '/api/users' : '/'
  return [
    `${shellLine(['curl', '--cacert', shownPath(caFile, cwd)])} \\`,
    `  --resolve ${publicName}:${httpsPort}:${address} \\`,
    `  https://${publicName}:${httpsPort}${path}`,
  ]
}

const suggestions = (report: Report): Suggestion[] => {
  const { stack } = report
  const edge = runningEdge(report)
  const found: Suggestion[] = []
  if (edge !== undefined) {
    const { httpsPort } = edge
    const origin = `https://${stack.publicName}`
    found.push(
      { line: `./roundtrip trace ${origin}/`, about: 'one request, step by step' },
      { line: './roundtrip open', about: 'a browser that knows the way' },
      { line: `https://www.roundtrip.localhost:${httpsPort}/`, about: 'your own browser (it warns)' },
    )
  }
  if (isRunning('dns', report)) {
    found.push({
      line: `dig @${stack.dns.host} -p ${stack.dns.port} ${stack.publicName}`,
      about: 'the name server itself',
    })
  }
  return found
}

const aligned = (lines: readonly Suggestion[], { colours }: ReportIo): string[] => {
  const left = Math.max(...lines.map(({ line }) => visibleWidth(line)))
  return lines.map(({ line, about }) => `  ${padEnd(line, left)}  ${colours.dim(about)}`)
}

const tryIt = (report: Report, io: ReportIo): string[] => {
  const lines = suggestions(report)
  if (lines.length === 0) return []
  const curl = curlLines(report, io.cwd).map((line) => `  ${line}`)
  return [io.colours.bold('Try it'), ...curl, ...aligned(lines, io), '']
}

/** Whoever runs the data tier without the shop has an app of their own for it. */
const dataTier = (report: Report, io: ReportIo): string[] => {
  if (report.ownApp === undefined && runsTier('app', report)) return []
  const lines = dataLines(report.data, report.instances, (path) => shownPath(path, io.cwd))
  return lines.length === 0 ? [] : [io.colours.bold('Data for your app'), ...aligned(lines, io), '']
}

const ownAppLines = (report: Report): string[] => {
  const { ownApp } = report
  if (ownApp === undefined || !runsTier('web', report)) return []
  return [`web proxies to your app at ${ownApp.origins.join(', ')} (health check: ${ownApp.healthPath}).`, '']
}

const whereThingsAre = ({ stack: { root }, postgresFolder }: Report, cwd: string): string[] => {
  const folder = `Data, logs and certificates are in ${shownPath(root, cwd)}.`
  if (postgresFolder.startsWith(root)) return [folder]
  // Postgres refuses to run as root, and the account it gets instead may not enter the project's folder.
  return [
    folder,
    `Postgres keeps its data in ${postgresFolder}: started by root, it runs as nobody,`,
    'who cannot reach that.',
  ]
}

/** @param footer last lines, e.g. how to stop it */
export const reportText = (report: Report, footer: readonly string[], io: ReportIo): string => {
  const { colours, cwd } = io
  const listed = report.instances.filter(({ tier }) => tier !== 'launcher')
  // A task that has done its work is shown, but does not run.
  const count = listed.filter(({ kind }) => kind !== 'task').length
  const kind = report.cold ? 'first start' : 'warm start'
  return [
    colours.bold(`Roundtrip is up: ${count} instances in ${duration(report.tookMs)} (${kind}).`),
    '',
    ...instanceTable(listed, io),
    '',
    ...ownAppLines(report),
    ...tryIt(report, io),
    ...dataTier(report, io),
    ...whereThingsAre(report, cwd).map((line) => colours.dim(line)),
    ...footer.map((line) => colours.dim(line)),
    '',
  ].join('\n')
}
