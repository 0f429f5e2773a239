/** The settings of accounts: how long sessions last, how much attempts may cost, whom to believe. */
import { setting } from '@roundtrip/config'

/** Part of the settings of app. */
export const authSettings = {
  secret: setting.secret({
    description:
      'what the keys of signatures and passwords are derived from, the same in every instance; at least 32 random characters',
    minLength: 32,
  }),
  sessionIdleMs: setting.durationMs({ description: 'a session without requests ends after this', default: 1_800_000 }),
  sessionMaxMs: setting.durationMs({ description: 'every session ends after this', default: 43_200_000 }),
  passwordHashesAtOnce: setting.count({
    description: 'most passwords hashed at once; each takes a thread and 19 MiB',
    default: 2,
    minimum: 1,
    maximum: 64,
  }),
  attemptsPerClient: setting.count({
    description: 'sign-ins, codes and mails in a quarter of an hour from one IPv4 address or IPv6 network',
    default: 100,
    minimum: 1,
  }),
  ownHops: setting.count({
    description:
      'tiers in front that add to `X-Forwarded-For`: edge and web; what stands before theirs is not believed',
    default: 2,
  }),
}
