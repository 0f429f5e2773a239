/** @packageDocumentation Layer and compose: the ordered pipeline every tier is built from. */
export { isPending, later, whenAnswered, whenOver, type Answer } from './answer.ts'
export {
  compose,
  onAnswer,
  type Handler,
  type Layer,
  type NamedHandler,
  type NamedLayer,
  type Observed,
} from './compose.ts'
export { Later, type Work } from './later.ts'
export { Passage, type Clock, type OpenVisit, type Visit } from './passage.ts'
