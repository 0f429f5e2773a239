/** Starts the origin and asks how often it was asked. */
import type { Children } from '../children.ts'
import { instrumentFlags } from '../instruments.ts'
import type { Plan } from './plan.ts'

export interface Origin {
  readonly pid: number
  readonly port: number
  readonly count: () => Promise<number>
}

export const startOrigin = async (children: Children, { originCore }: Plan): Promise<Origin> => {
  const child = children.start(process.execPath, [...instrumentFlags, `${import.meta.dirname}/origin.main.ts`], {
    cores: [originCore],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const port = (await children.message(child)) as number
  const count = async (): Promise<number> => Number(await (await fetch(`http://127.0.0.1:${port}/count`)).text())
  return { pid: child.pid ?? 0, port, count }
}
