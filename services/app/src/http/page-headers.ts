/** Header fields of every page, errors included. */

export const pageHeaders = {
  // Pages need nothing from elsewhere, run no scripts, and nobody may frame them (Content Security Policy, level 3).
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const
