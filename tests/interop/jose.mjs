// jose: what the Node library most people verify tokens with makes of ours, with nothing but its
// own functions and what discovery says.

import assert from 'node:assert/strict'
import { inflateSync } from 'node:zlib'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const LARGEST = 2 ** 22

async function keys(given) {
  const discovered = await fetch(`${given.issuer}/.well-known/oauth-authorization-server`)
  const { issuer, jwks_uri } = await discovered.json()
  assert.equal(issuer, given.issuer)
  return createRemoteJWKSet(new URL(jwks_uri))
}

async function accessToken(given) {
  const { payload } = await jwtVerify(given.access_token, await keys(given), {
    issuer: given.issuer,
    audience: given.audience,
    typ: 'at+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti'],
  })
  return payload
}

// RFC 9068 section 4.
export async function access_token(given) {
  const claims = await accessToken(given)
  assert.equal(claims.sub, given.subject)
  assert.deepEqual(claims.scope.split(' '), given.scopes)
}

export async function forged_access_token(given) {
  await assert.rejects(accessToken(given), { code: given.code })
}

// draft-ietf-oauth-status-list section 8.3.
export async function status(given) {
  const { status_list: place } = (await accessToken(given)).status
  const answer = await fetch(place.uri, { headers: { accept: 'application/statuslist+jwt' } })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'application/statuslist+jwt')
  const { payload } = await jwtVerify(await answer.text(), await keys(given), {
    subject: place.uri,
    typ: 'statuslist+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['iat', 'exp', 'ttl'],
  })
  const { bits, lst } = payload.status_list
  const bytes = inflateSync(Buffer.from(lst, 'base64url'), { maxOutputLength: LARGEST })
  const at = place.idx * bits
  assert.equal((bytes[at >> 3] >> at % 8) & ((1 << bits) - 1), given.status)
}
