// A browser application as oidc-client-ts has it. Each address of it is this one page.

const given = Object.fromEntries(new URLSearchParams(localStorage.getItem('given') ?? ''))

function start(settings) {
  localStorage.setItem('given', new URLSearchParams(settings))
}

const manager = given.authority && new oidc.UserManager({
  authority: given.authority,
  client_id: given.client_id,
  redirect_uri: `${location.origin}/callback`,
  silent_redirect_uri: `${location.origin}/silent`,
  post_logout_redirect_uri: `${location.origin}/signed-out`,
  scope: given.scope,
  loadUserInfo: true,
  monitorSession: given.monitor === 'yes',
  monitorAnonymousSession: given.monitor === 'anonymous',
  query_status_response_type: 'code',
  checkSessionIntervalInSeconds: 1,
  userStore: new oidc.WebStorageStateStore({ store: localStorage }),
})

if (manager && given.monitor === 'yes') {
  manager.events.addUserSignedOut(() => { document.title = 'signed out elsewhere' })
}

async function arrive() {
  if (location.pathname === '/silent') return manager.signinSilentCallback()
  if (location.pathname === '/signed-out') return manager.signoutRedirectCallback()
  if (location.pathname === '/callback') await manager.signinRedirectCallback()
  const user = await manager?.getUser()
  document.getElementById('who').textContent = user ? user.profile.preferred_username : 'nobody'
}

window.addEventListener('DOMContentLoaded', () => {
  arrive().catch((error) => {
    document.getElementById('who').textContent = String(error)
  })
})
