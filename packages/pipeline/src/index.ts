/** @packageDocumentation Layer and compose: the ordered pipeline every tier is built from. */
export {
  compose,
  onAnswer,
  whenAnswered,
  type Answer,
  type Handler,
  type Layer,
  type NamedHandler,
  type NamedLayer,
  type Observed,
} from './compose.ts'
export { Passage, type Clock, type OpenVisit, type Visit } from './passage.ts'
