import { expect, test } from 'vitest'
import { renderZone } from './zone-file.ts'

const ports = {}

test('every edge answers for the site and by its own name', () => {
  const zone = renderZone({ 'edge-1': { host: '127.0.0.1', ports }, 'edge-2': { host: '::1', ports } }, 42)
  expect(zone).toMatch(/SOA\tns-1 hostmaster \( 42 /)
  expect(zone.match(/^www\t.*$/gm)).toEqual(['www\tIN\tA\t127.0.0.1', 'www\tIN\tAAAA\t::1'])
  expect(zone).toContain('\nedge-2\tIN\tAAAA\t::1\n')
})
