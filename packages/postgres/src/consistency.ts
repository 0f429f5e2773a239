/** How new the state that a read sees must be. */
import type { Position } from './position.ts'

/**
 * - `eventual`: whatever a replica has;
 * - `{ session }`: at least the commit at that position (`undefined`: as eventual), so that a visitor sees their own writes;
 * - `strong`: what the primary has now.
 */
export type Consistency = 'eventual' | 'strong' | { readonly session: Position | undefined }

/** The position that a node must have replayed to answer, if any. */
export const sessionOf = (consistency: Consistency): Position | undefined =>
  typeof consistency === 'string' ? undefined : consistency.session
