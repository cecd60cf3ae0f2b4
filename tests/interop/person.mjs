// A person with a browser of their own: follows redirects, keeps cookies, fills in the forms they
// are shown, and stops where the client's redirect URI begins.

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#34': '"', '#39': "'" }

function decode(text) {
  return text.replace(/&(#?\w+);/g, (whole, name) => entities[name] ?? whole)
}

function attribute(tag, name) {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)
  return found ? decode(found[1]) : undefined
}

export class Person {
  #cookies = new Map()

  constructor(username, password) {
    this.answers = { username, password }
  }

  // Returns how the browser arrives at the client: a URL, or a POST request with a form.
  async visit(address, redirectUri) {
    let request = { url: String(address), method: 'GET' }
    for (let hops = 0; hops < 20; hops += 1) {
      if (request.url.startsWith(redirectUri)) return arrival(request)
      const response = await this.#send(request)
      const location = response.headers.get('location')
      request = location
        ? { url: new URL(location, request.url).href, method: 'GET' }
        : this.#answer(await response.text(), request.url)
    }
    throw new Error('the sign-in did not end')
  }

  async #send({ url, method, body }) {
    const response = await fetch(url, {
      method,
      body,
      redirect: 'manual',
      headers: { cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; ') },
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split('=')
      this.#cookies.set(name, value)
    }
    return response
  }

  #answer(page, url) {
    const form = /<form[^>]*>[\s\S]*?<\/form>/.exec(page)?.[0]
    if (!form) throw new Error(`a page without a form at ${url}: ${page.slice(0, 2000)}`)
    const fields = new URLSearchParams()
    for (const [input] of form.matchAll(/<input[^>]*>/g)) {
      const name = attribute(input, 'name')
      fields.set(name, this.answers[name] ?? attribute(input, 'value') ?? '')
    }
    const button = /<button[^>]*\sname="[^>]*>/.exec(form)?.[0]
    if (button) fields.set(attribute(button, 'name'), attribute(button, 'value'))
    const target = new URL(attribute(form, 'action') ?? url, url).href
    return { url: target, method: 'POST', body: fields }
  }
}

function arrival({ url, method, body }) {
  if (method === 'GET') return new URL(url)
  return new Request(url, { method, body })
}
