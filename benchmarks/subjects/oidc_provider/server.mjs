// npm oidc-provider, arranged as Signet is: a confidential application and a machine, one person
// who is signed in and has consented, rotation on every refresh, PKCE required, signed cookies.
// What Signet reads from its database and this one may keep in memory stays in memory: clients
// and the person. Access tokens are in its own forms: a JWT for the machine's API, a stored
// opaque value where UserInfo and introspection are to know it. The one argument is a JSON file
// that says what to arrange, and where the cookies of the signed-in browsers are to be written.

import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

import Provider from 'oidc-provider';

const file = process.argv[2];
const wanted = JSON.parse(readFileSync(file, 'utf8'));
const { application, machine, alg } = wanted;
const { open } = await import(`./${wanted.database}.mjs`);

const RESOURCE = 'urn:notes';
const PERSON = {
  sub: 'person', name: 'A Person', email: 'person@example.com', email_verified: true, locale: 'en',
};
const HOUR = 3600;
const DAY = 24 * HOUR;
const cookieKey = randomBytes(32).toString('base64url');

function signingKey(algorithm) {
  const { privateKey } = algorithm === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), alg: algorithm, use: 'sig', kid: algorithm };
}

// A grant holds what one person gave one client, and giving back a refresh token ends all of it.
// The browser with the cookie `separate` gets a grant of its own for each authorization, so that
// revocations can be counted one by one.
async function loadExistingGrant(ctx) {
  const { client, session } = ctx.oidc;
  if (ctx.cookies.get('separate', { signed: false })) {
    session.grantIdFor(client.clientId, await consent(session.accountId));
  }
  return provider.Grant.find(session.grantIdFor(client.clientId));
}

function isOwn(_ctx, client, token) {
  return token.clientId === client.clientId;
}

async function consent(accountId) {
  const grant = new provider.Grant({ accountId, clientId: application.client_id });
  grant.addOIDCScope(application.scope);
  return grant.save();
}

const provider = new Provider(wanted.issuer, {
  adapter: await open(wanted.storage),
  jwks: { keys: [...new Set(['RS256', alg])].map(signingKey) },
  cookies: { keys: [cookieKey] },
  clients: [
    {
      client_id: application.client_id,
      client_secret: application.secret,
      redirect_uris: [application.redirect_uri],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      scope: application.scope,
    },
    {
      client_id: machine.client_id,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: machine.alg,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      jwks: { keys: [machine.jwk] },
    },
  ],
  findAccount: (_ctx, accountId) => ({ accountId, claims: () => PERSON }),
  claims: {
    openid: ['sub'], profile: ['name', 'locale'], email: ['email', 'email_verified'],
  },
  clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: () => false,
  loadExistingGrant,
  ttl: {
    AccessToken: HOUR,
    AuthorizationCode: 60,
    ClientCredentials: HOUR,
    Grant: 14 * DAY,
    IdToken: HOUR,
    Interaction: HOUR,
    RefreshToken: 14 * DAY,
    Session: 14 * DAY,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: isOwn },
    revocation: { enabled: true, allowedPolicy: isOwn },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) => (
        ctx.oidc.params.grant_type === 'client_credentials' ? RESOURCE : undefined
      ),
      getResourceServerInfo: () => ({
        scope: wanted.machine_scope, accessTokenFormat: 'jwt', jwt: { sign: { alg } },
      }),
    },
  },
});

async function signIn() {
  const session = new provider.Session();
  session.loginAccount({ accountId: PERSON.sub, amr: ['pwd'], acr: '1' });
  session.ensureClientContainer(application.client_id);
  session.grantIdFor(application.client_id, await consent(PERSON.sub));
  await session.save(14 * DAY);
  const pair = `${provider.cookieName('session')}=${session.id}`;
  const proof = createHmac('sha1', cookieKey).update(pair).digest('base64url');
  return `${pair}; ${provider.cookieName('session')}.sig=${proof}`;
}

const { hostname, port } = new URL(wanted.issuer);
const cookies = { cookie: await signIn(), cookie_to_revoke: `${await signIn()}; separate=1` };
writeFileSync(wanted.cookies_file, JSON.stringify(cookies));
const server = provider.listen(Number(port), hostname);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
