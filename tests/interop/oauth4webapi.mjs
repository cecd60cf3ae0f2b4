// oauth4webapi: the low-level certified library, in which every step is spelled out.

import assert from 'node:assert/strict'
import * as oauth from 'oauth4webapi'
import { Person } from './person.mjs'

const insecure = { [oauth.allowInsecureRequests]: true }

async function discover(given, algorithm = 'oidc') {
  const issuer = new URL(given.issuer)
  const answer = await oauth.discoveryRequest(issuer, { algorithm, ...insecure })
  return oauth.processDiscoveryResponse(issuer, answer)
}

async function sign(given, client, authentication) {
  const server = await discover(given)
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const nonce = oauth.generateRandomNonce()
  const address = new URL(server.authorization_endpoint)
  address.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: given.redirect_uri,
    response_type: 'code',
    scope: 'openid profile email offline_access',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  })
  const person = new Person(given.username, given.password)
  const arrived = await person.visit(address, given.redirect_uri)
  const parameters = oauth.validateAuthResponse(server, client, arrived, state)
  const answer = await oauth.authorizationCodeGrantRequest(
    server, client, authentication, parameters, given.redirect_uri, verifier, insecure,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: nonce,
    requireIdToken: true,
  })
  await oauth.validateApplicationLevelSignature(server, answer, insecure)
  return { server, tokens }
}

async function flow(given, authentication) {
  const client = { client_id: given.client_id, ...given.metadata }
  const { server, tokens } = await sign(given, client, authentication)
  const { sub } = oauth.getValidatedIdTokenClaims(tokens)
  const told = await oauth.userInfoRequest(server, client, tokens.access_token, insecure)
  const claims = await oauth.processUserInfoResponse(server, client, sub, told)
  assert.equal(claims.preferred_username, given.username)
  const answer = await oauth.refreshTokenGrantRequest(
    server, client, authentication, tokens.refresh_token, insecure,
  )
  const refreshed = await oauth.processRefreshTokenResponse(server, client, answer)
  assert.equal(oauth.getValidatedIdTokenClaims(refreshed).sub, sub)
  return { server, client, refreshed }
}

export const code_flow_with_basic = (given) =>
  flow(given, oauth.ClientSecretBasic(given.secret))

export const code_flow_with_post = (given) => flow(given, oauth.ClientSecretPost(given.secret))

export const code_flow_of_a_public_client = (given) => flow(given, oauth.None())

export async function discovery_of_rfc_8414(given) {
  const server = await discover(given, 'oauth2')
  assert.equal(server.issuer, given.issuer)
}

export async function revocation(given) {
  const authentication = oauth.ClientSecretBasic(given.secret)
  const { server, client, refreshed } = await flow(given, authentication)
  const answer = await oauth.revocationRequest(
    server, client, authentication, refreshed.refresh_token, insecure,
  )
  await oauth.processRevocationResponse(answer)
  const asked = await oauth.introspectionRequest(
    server, client, authentication, refreshed.access_token, insecure,
  )
  const described = await oauth.processIntrospectionResponse(server, client, asked)
  assert.equal(described.active, false)
}

// What this API's verifier makes of our access tokens (RFC 9068).
export async function access_token_of_rfc_9068(given) {
  const authentication = oauth.ClientSecretBasic(given.secret)
  const { server, client, refreshed } = await flow(given, authentication)
  const request = new Request('https://api.example/notes', {
    headers: { authorization: `Bearer ${refreshed.access_token}` },
  })
  const claims = await oauth.validateJwtAccessToken(server, request, given.issuer, insecure)
  assert.equal(claims.client_id, client.client_id)
}
