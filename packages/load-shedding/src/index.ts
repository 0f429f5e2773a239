/** @packageDocumentation What every tier judges its load by: how late its event loop is, and who is refused first. */
export { everyInterval, LoopDelay, type Schedule } from './loop-delay.ts'
export { delayShareOf, priorities, shareOf, type Priority } from './priority.ts'
