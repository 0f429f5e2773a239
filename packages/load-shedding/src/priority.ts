/** Who is refused first when there is too much to do. */

export const priorities = ['critical', 'normal', 'sheddable'] as const

export type Priority = (typeof priorities)[number]

/** How much of what there is a priority may fill: the rest is kept for those above. */
export const shareOf: Readonly<Record<Priority, number>> = { critical: 1, normal: 0.9, sheddable: 0.7 }

/** How much of the tolerated delay of the loop a priority bears. */
export const delayShareOf: Readonly<Record<Priority, number>> = { critical: 2, normal: 1, sheddable: 0.5 }
