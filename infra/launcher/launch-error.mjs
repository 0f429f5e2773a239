/** A failure that is the machine's or the network's, told in one sentence without a stack trace. */
export class LaunchError extends Error {}
