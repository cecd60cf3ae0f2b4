// openid-client: a certified relying party.

import assert from 'node:assert/strict'
import { importJWK } from 'jose'
import * as client from 'openid-client'
import { Person } from './person.mjs'

async function configure(given, authentication) {
  const method = authentication ?? client.ClientSecretBasic(given.secret)
  return client.discovery(new URL(given.issuer), given.client_id, given.metadata, method, {
    execute: [client.allowInsecureRequests],
  })
}

async function signIn(given, config, parameters = {}) {
  const verifier = client.randomPKCECodeVerifier()
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  }
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: given.redirect_uri,
    scope: 'openid profile email',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  })
  const person = new Person(given.username, given.password)
  const arrived = await person.visit(address, given.redirect_uri)
  const tokens = await client.authorizationCodeGrant(config, arrived, checks)
  return { tokens, person }
}

async function readUserInfo(given, config, tokens) {
  const claims = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
  assert.equal(claims.preferred_username, given.username)
  assert.equal(claims.email_verified, true)
}

async function codeFlow(given, authentication) {
  const config = await configure(given, authentication)
  const { tokens } = await signIn(given, config)
  await readUserInfo(given, config, tokens)
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
  assert.equal(refreshed.claims().sub, tokens.claims().sub)
  assert.equal(refreshed.claims().auth_time, tokens.claims().auth_time)
  await readUserInfo(given, config, refreshed)
  return { config, tokens, refreshed }
}

export const code_flow_with_basic = (given) => codeFlow(given)

export const code_flow_with_post = (given) =>
  codeFlow(given, client.ClientSecretPost(given.secret))

export const code_flow_of_a_public_client = (given) => codeFlow(given, client.None())

export async function code_flow_with_private_key(given) {
  const key = await importJWK(given.key, given.key.alg)
  await codeFlow(given, client.PrivateKeyJwt({ key, kid: given.key.kid }))
}

export const code_flow_with_secret_jwt = (given) =>
  codeFlow(given, client.ClientSecretJwt(given.secret))

export async function signed_request_object(given) {
  const config = await configure(given)
  const key = await importJWK(given.key, given.key.alg)
  const verifier = client.randomPKCECodeVerifier()
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  }
  const address = await client.buildAuthorizationUrlWithJAR(
    config,
    {
      redirect_uri: given.redirect_uri,
      scope: 'openid profile email',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    },
    { key, kid: given.key.kid },
  )
  assert.deepEqual([...address.searchParams.keys()].sort(), ['client_id', 'request'])
  const person = new Person(given.username, given.password)
  const arrived = await person.visit(address, given.redirect_uri)
  const tokens = await client.authorizationCodeGrant(config, arrived, checks)
  await readUserInfo(given, config, tokens)
}

export async function encrypted_answers(given) {
  const config = await configure(given)
  const key = await importJWK(given.key, given.key.alg)
  client.enableDecryptingResponses(config, undefined, {
    key,
    alg: given.key.alg,
    kid: given.key.kid,
  })
  const { tokens } = await signIn(given, config)
  assert.equal(tokens.id_token.split('.').length, 5)
  await readUserInfo(given, config, tokens)
}

export async function registers_itself(given) {
  const config = await client.dynamicClientRegistration(
    new URL(given.issuer),
    {
      client_name: 'An application that registers itself',
      redirect_uris: [given.redirect_uri],
      post_logout_redirect_uris: [given.post_logout_redirect_uri],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_post',
    },
    undefined,
    { execute: [client.allowInsecureRequests] },
  )
  const { tokens } = await signIn(given, config)
  await readUserInfo(given, config, tokens)
  const made = config.clientMetadata()
  const headers = { authorization: `Bearer ${made.registration_access_token}` }
  const removed = await fetch(made.registration_client_uri, { method: 'DELETE', headers })
  assert.equal(removed.status, 204)
}

export const signed_userinfo = (given) => codeFlow(given)

export async function form_post(given) {
  const config = await configure(given)
  const { tokens } = await signIn(given, config, { response_mode: 'form_post' })
  await readUserInfo(given, config, tokens)
}

export async function hybrid(given) {
  const config = await configure(given)
  client.useCodeIdTokenResponseType(config)
  const { tokens } = await signIn(given, config)
  await readUserInfo(given, config, tokens)
}

export async function implicit(given) {
  const config = await configure(given)
  client.useIdTokenResponseType(config)
  const nonce = client.randomNonce()
  const state = client.randomState()
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: given.redirect_uri,
    scope: 'openid email',
    nonce,
    state,
  })
  const person = new Person(given.username, given.password)
  const arrived = await person.visit(address, given.redirect_uri)
  const claims = await client.implicitAuthentication(config, arrived, nonce, {
    expectedState: state,
  })
  assert.ok(claims.email)
}

export async function client_credentials(given) {
  const config = await configure(given)
  const tokens = await client.clientCredentialsGrant(config, { scope: 'notes:read' })
  assert.equal(tokens.scope, 'notes:read')
  const described = await client.tokenIntrospection(config, tokens.access_token)
  assert.equal(described.active, true)
}

export async function revocation_ends_refreshing(given) {
  const { config, refreshed } = await codeFlow(given)
  await client.tokenRevocation(config, refreshed.refresh_token)
  const described = await client.tokenIntrospection(config, refreshed.access_token)
  assert.equal(described.active, false)
  await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), {
    error: 'invalid_grant',
  })
}

export async function silent_error_reaches_the_client(given) {
  const config = await configure(given)
  await assert.rejects(signIn(given, config, { prompt: 'none' }), { error: 'login_required' })
}

export async function sign_out(given) {
  const config = await configure(given)
  const { tokens, person } = await signIn(given, config)
  const address = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: given.post_logout_redirect_uri,
    state: 'a state',
  })
  const arrived = await person.visit(address, given.post_logout_redirect_uri)
  assert.deepEqual([...arrived.searchParams], [['state', 'a state']])
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), {
    error: 'invalid_grant',
  })
}
