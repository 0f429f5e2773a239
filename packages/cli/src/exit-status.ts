/** The exit statuses of the command, as `roundtrip help` documents them. */

export const exitStatus = {
  ok: 0,
  failure: 1,
  /** The command line could not be understood. */
  usage: 2,
  /** There is no running stack to ask. */
  notRunning: 3,
  /** Settings that cannot be used (`EX_CONFIG` of sysexits.h). */
  settings: 78,
  /** Ended by Ctrl-C before it was done: 128 + SIGINT. */
  interrupted: 130,
} as const
