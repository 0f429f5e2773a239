import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { Activity } from './activity.ts'

/** A socket's counters: what was written to it, and what of that still waits. */
const counters = () => {
  const socket = { bytesRead: 0, bytesWritten: 0, writableLength: 0 }
  const activity = new Activity(socket as Socket)
  return {
    activity,
    write: (bytes: number) => {
      socket.bytesWritten += bytes
      socket.writableLength += bytes
    },
    /** A minute in which so many octets leave, a sixtieth each second. */
    minute: (bytes: number) => {
      for (let second = 0; second < 60; second++) {
        socket.writableLength -= Math.min(socket.writableLength, bytes / 60)
        activity.sample(1000)
      }
    },
  }
}

it('a client that reads an octet now and then is stalled all the same', () => {
  const { activity, write, minute } = counters()
  write(100_000)
  minute(60)
  expect(activity.writeStalledMs).toBeGreaterThanOrEqual(60_000)
  expect(activity.silentMs).toBe(0)
})

it('one that takes a KiB in its time is not, nor one that has read all there is', () => {
  const { activity, write, minute } = counters()
  write(100_000)
  for (let past = 0; past < 3; past++) {
    minute(1260)
    expect(activity.writeStalledMs).toBeLessThan(60_000)
  }
  minute(120_000)
  expect(activity.writeStalledMs).toBe(0)
  for (let past = 0; past < 3; past++) {
    write(10)
    minute(600)
    expect(activity.writeStalledMs).toBe(0)
  }
})
