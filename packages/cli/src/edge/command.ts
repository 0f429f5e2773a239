/** `roundtrip edge <what>`: looks into an edge and steers it while it runs. */
import { defineCommand, type Command } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { askEdge, edgesAt } from './admin-client.ts'
import { questionOf } from './questions.ts'
import { render } from './render.ts'

export const edgeCommand: Command = defineCommand({
  name: 'edge',
  summary: 'Look into the edges and steer them: pools, cache, purge, drain, reload',
  usage: '[options] <what> [subject]',
  description:
    'What can be asked: pools (members, and why one is out), cache (figures), explain URL (would this be a hit, and why not),' +
    ' connections, certificates (and when they expire), slow (recent slow requests), settings (as in force), metrics, workers (processes). What can be done: purge URL, drain or restore' +
    ' POOL/MEMBER, weight POOL/MEMBER, reload (the settings file), recycle (worker processes, one after the other).' +
    '\n\nAll edges of the running stack are meant unless one is named. EDGE_ADMIN_TOKEN is sent where an edge asks for it.',
  options: {
    instance: { type: 'string', short: 'i', value: 'NAME', description: 'one edge of the stack, e.g. edge-1' },
    admin: { type: 'string', value: 'URL', description: 'the admin API of an edge outside of the stack' },
    json: { type: 'boolean', description: 'print JSON, one object with an entry for each edge' },
    soft: { type: 'boolean', description: 'purge: keep it as stale, for while it is asked for again' },
    prefix: { type: 'string', value: 'URL', description: 'purge: every URL that begins so' },
    host: { type: 'string', value: 'HOST', description: 'purge: everything of a host' },
    tag: { type: 'string', multiple: true, value: 'TAG', description: 'purge: whatever bears this Surrogate-Key' },
    header: {
      type: 'string',
      short: 'H',
      multiple: true,
      value: 'LINE',
      description: 'explain: as asked with this field',
    },
    method: { type: 'string', value: 'METHOD', description: 'explain: as asked with this method (GET)' },
    weight: { type: 'string', value: 'N', description: 'weight: share of the traffic, relative to the others' },
  },
  positionals: { min: 1, max: 2 },
  examples: [
    { command: './roundtrip edge pools', about: 'who gets requests, and why somebody does not' },
    { command: './roundtrip edge explain https://www.roundtrip.test:8443/', about: 'why was this a miss?' },
    { command: './roundtrip edge purge --tag products', about: 'whatever shows products' },
    { command: './roundtrip edge drain web/127.0.0.1:8101', about: 'before work on web-1' },
  ],
  run: async ({ values, positionals: [verb = '', subject] }, io) => {
    const { instance, admin, soft = false, prefix, host, tag: tags = [], header: headers = [], method, weight } = values
    const question = questionOf(verb, { subject, soft, prefix, host, tags, headers, method, weight })
    const edges = await edgesAt({ instance, admin }, io)
    const answers = await Promise.all(edges.map((edge) => askEdge(edge, question, io)))
    if (values.json === true) {
      const byEdge = Object.fromEntries(edges.map(({ name }, index) => [name, answers[index]]))
      io.stdout.write(`${JSON.stringify(byEdge)}\n`)
      return exitStatus.ok
    }
    for (const [index, { name }] of edges.entries()) {
      // A comment to Prometheus.
      const heading = verb === 'metrics' ? `# ${name}` : io.colours.bold(name)
      if (edges.length > 1) io.stdout.write(`${index === 0 ? '' : '\n'}${heading}\n`)
      io.stdout.write(render(verb, answers[index], io))
    }
    return exitStatus.ok
  },
})
