import { describe, expect, test } from 'vitest'
import { ask, soa } from '../testing/ask.ts'

describe('authoritative answers (RFC 1034 §4.3.2)', () => {
  test('an RRset, authoritatively, to the same id and question', async () => {
    expect(await ask('www.roundtrip.test')).toMatchObject({
      id: 4242,
      isResponse: true,
      opcode: 'QUERY',
      authoritative: true,
      truncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      rcode: 'NOERROR',
      questions: [{ name: 'www.roundtrip.test.', type: 'A', class: 'IN' }],
      answers: [1, 2, 3].map((host) => `www.roundtrip.test. 30 IN A 127.0.0.${host}`),
      authorities: [],
      additionals: [],
      edns: undefined,
    })
  })

  test('letter case does not matter, and comes back as asked', async () => {
    const { questions, answers } = await ask('WwW.rOUNDtRIP.Test')
    expect(questions[0]?.name).toBe('WwW.rOUNDtRIP.Test.')
    expect(answers[0]).toBe('WwW.rOUNDtRIP.Test. 30 IN A 127.0.0.1')
  })

  test('NXDOMAIN for a name that does not exist, with the SOA for negative caching', async () => {
    expect(await ask('nowhere.roundtrip.test')).toMatchObject({
      rcode: 'NXDOMAIN',
      authoritative: true,
      answers: [],
      authorities: [soa],
    })
  })

  test('NODATA for a name without that type, with the SOA', async () => {
    expect(await ask('www.roundtrip.test', 'MX')).toMatchObject({
      rcode: 'NOERROR',
      authoritative: true,
      answers: [],
      authorities: [soa],
    })
  })

  test('NODATA for an empty non-terminal', async () => {
    expect(await ask('below.roundtrip.test')).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: [soa] })
  })

  test.each(['example.com', 'test', '.', 'notroundtrip.test'])('REFUSED outside the zones: %s', async (name) => {
    expect(await ask(name)).toMatchObject({ rcode: 'REFUSED', authoritative: false, answers: [], authorities: [] })
  })

  test('the closest zone answers, and DS of its apex comes from the parent', async () => {
    expect(await ask('nowhere.child.roundtrip.test')).toMatchObject({
      authorities: [expect.stringMatching(/^child\.roundtrip\.test\. 1 IN SOA/)],
    })
    expect(await ask('child.roundtrip.test', 'DS')).toMatchObject({ authorities: [soa] })
  })
})

describe('aliases', () => {
  test('are followed inside the zone, alias first', async () => {
    expect(await ask('shop.roundtrip.test')).toMatchObject({
      rcode: 'NOERROR',
      answers: [
        'shop.roundtrip.test. 300 IN CNAME www.roundtrip.test.',
        'www.roundtrip.test. 30 IN A 127.0.0.1',
        'www.roundtrip.test. 30 IN A 127.0.0.2',
        'www.roundtrip.test. 30 IN A 127.0.0.3',
      ],
    })
  })

  test('are not followed when asked for themselves', async () => {
    const { answers } = await ask('shop.roundtrip.test', 'CNAME')
    expect(answers).toEqual(['shop.roundtrip.test. 300 IN CNAME www.roundtrip.test.'])
  })

  test('lead into another zone of ours', async () => {
    expect((await ask('up.child.roundtrip.test')).answers).toHaveLength(4)
  })

  test('leave the rest to the client where they lead elsewhere', async () => {
    expect(await ask('far.roundtrip.test')).toMatchObject({
      rcode: 'NOERROR',
      authoritative: true,
      answers: ['far.roundtrip.test. 300 IN CNAME www.elsewhere.example.'],
      authorities: [],
    })
  })

  test('to nowhere say NXDOMAIN, for the last name counts (RFC 6604)', async () => {
    expect(await ask('dead.roundtrip.test')).toMatchObject({
      rcode: 'NXDOMAIN',
      answers: ['dead.roundtrip.test. 300 IN CNAME nowhere.roundtrip.test.'],
      authorities: [soa],
    })
  })

  test('in a circle are each told once', async () => {
    expect((await ask('circle.roundtrip.test')).answers).toHaveLength(2)
  })

  test('into a delegation end in a referral', async () => {
    expect(await ask('into.roundtrip.test')).toMatchObject({
      authoritative: true,
      answers: ['into.roundtrip.test. 300 IN CNAME host.sub.roundtrip.test.'],
      authorities: [expect.stringContaining(' NS '), expect.stringContaining(' NS ')],
    })
  })
})

describe('wildcards (RFC 4592)', () => {
  test.each(['any.wild.roundtrip.test', 'two.levels.wild.roundtrip.test'])('%s', async (name) => {
    expect((await ask(name)).answers).toEqual([`${name}. 300 IN A 127.0.0.5`])
  })

  test('give NODATA for other types', async () => {
    expect(await ask('any.wild.roundtrip.test', 'MX')).toMatchObject({ rcode: 'NOERROR', authorities: [soa] })
  })

  test('give way to names that exist, and to what lies below those', async () => {
    expect((await ask('real.wild.roundtrip.test')).answers).toEqual(['real.wild.roundtrip.test. 300 IN A 127.0.0.6'])
    expect(await ask('real.wild.roundtrip.test', 'TXT')).toMatchObject({ rcode: 'NOERROR', answers: [] })
    expect(await ask('below.real.wild.roundtrip.test')).toMatchObject({ rcode: 'NXDOMAIN' })
  })

  test('do not stand for their own parent, but can be asked for by name', async () => {
    expect(await ask('wild.roundtrip.test')).toMatchObject({ rcode: 'NOERROR', answers: [] })
    expect((await ask('*.wild.roundtrip.test')).answers).toHaveLength(1)
  })

  test('may be aliases', async () => {
    expect((await ask('x.alias.roundtrip.test')).answers[0]).toBe(
      'x.alias.roundtrip.test. 300 IN CNAME www.roundtrip.test.',
    )
  })
})

describe('delegations', () => {
  const referral = {
    rcode: 'NOERROR',
    authoritative: false,
    answers: [],
    authorities: [
      'sub.roundtrip.test. 300 IN NS ns.sub.roundtrip.test.',
      'sub.roundtrip.test. 300 IN NS ns.elsewhere.example.',
    ],
    additionals: ['ns.sub.roundtrip.test. 300 IN A 127.0.0.7', 'ns.sub.roundtrip.test. 300 IN AAAA ::7'],
  }
  test.each(['host.sub.roundtrip.test', 'sub.roundtrip.test', 'ns.sub.roundtrip.test'])(
    'refer %s to its servers, with glue',
    async (name) => {
      expect(await ask(name)).toMatchObject(referral)
    },
  )

  test('NS of the cut is a referral too; DS is ours to answer', async () => {
    expect(await ask('sub.roundtrip.test', 'NS')).toMatchObject(referral)
    expect(await ask('sub.roundtrip.test', 'DS')).toMatchObject({
      authoritative: true,
      answers: [expect.stringContaining('DS')],
    })
  })
})
