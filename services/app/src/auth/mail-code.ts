/** Codes that prove a mailbox: good for ten minutes, for one purpose and once, kept nowhere until they come back. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { asTyped, toBase32 } from './base32.ts'

export type MailCodePurpose = 'sign-up' | 'password-reset'

export interface MailCodeClaim {
  readonly purpose: MailCodePurpose
  /** Lower case. */
  readonly email: string
  /** What using the code changes, such as the stored hash of the password: afterwards the code is worth nothing. */
  readonly state: string
}

export interface MailCodes {
  /** 80 bits in groups of four. */
  make(claim: MailCodeClaim): string
  /** Capitals, dashes and spaces do not matter. */
  isRight(claim: MailCodeClaim, code: string): boolean
}

const stepMs = 60_000
/** ASVS 4.0.3 §2.7.2: ten minutes; the first of these steps has partly passed when the code is made. */
const stepsThatCount = 10
const codeBytes = 10
const groupLength = 4

/** @param clock wall clock in milliseconds; default `Date.now` */
export const mailCodes = (key: string, clock: () => number = Date.now): MailCodes => {
  const codeAt = (step: number, { purpose, email, state }: MailCodeClaim): string => {
    const mac = createHmac('sha256', key).update(JSON.stringify([purpose, email, state, step]))
    return toBase32(mac.digest().subarray(0, codeBytes))
  }
  const stepNow = (): number => Math.floor(clock() / stepMs)
  return {
    make: (claim) => codeAt(stepNow(), claim).replaceAll(new RegExp(`.{${groupLength}}(?=.)`, 'g'), '$&-'),
    isRight: (claim, code) => {
      const now = stepNow()
      const given = Buffer.from(asTyped(code))
      // All of them, whichever is right: the time it takes says nothing.
      const matches = Array.from({ length: stepsThatCount }, (_, ago) => {
        const expected = Buffer.from(codeAt(now - ago, claim))
        return given.length === expected.length && timingSafeEqual(given, expected)
      })
      return matches.includes(true)
    },
  }
}
