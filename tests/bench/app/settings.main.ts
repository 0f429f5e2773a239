/** Stands in for an app of the stack and says which settings it was given: the benchmark starts its own with them. */
console.log(JSON.stringify({ settings: process.env }))
process.send?.({ type: 'ready' })
process.once('SIGTERM', () => process.exit())
setInterval(() => undefined, 60_000)
