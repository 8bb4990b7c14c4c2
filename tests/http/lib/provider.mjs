// SPDX-License-Identifier: MIT
// A certified OpenID Connect provider (npm oidc-provider) on loopback, with a
// login page that people and scripts can fill in.
import { createHash } from 'node:crypto';
import http from 'node:http';

/* Its library wants the global of newer versions of Node. */
globalThis.crypto ??= (await import('node:crypto')).webcrypto;

/** Asks a URL without following redirections, with the cookies of one site. */
export async function visit(jar, url, { method = 'GET', form } = {}) {
  const cookies = jar.get(url.host) ?? new Map();
  jar.set(url.host, cookies);
  const body = form && new URLSearchParams(form).toString();
  const headers = { Accept: 'text/html' };
  if (cookies.size > 0) headers.Cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
  if (body !== undefined) Object.assign(headers, { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) });
  const res = await new Promise((resolve, reject) => {
    http.request(url, { method, headers, agent: false }, resolve).on('error', reject).end(body);
  });
  let text = '';
  for await (const chunk of res.setEncoding('utf8')) text += chunk;
  for (const line of res.headers['set-cookie'] ?? []) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    if (value === '') cookies.delete(name);
    else cookies.set(name, value);
  }
  return { status: res.statusCode, headers: res.headers, text, url };
}

const escape = (text) => String(text).replace(/[&<>"]/g, (ch) => `&#${ch.charCodeAt(0)};`);

/** The page that asks who one is: a button for everybody it shows, a field for
 *  all others. Scripts may say how it was proved (acr, amr). */
function loginPage(title, people, action) {
  const buttons = Object.entries(people).map(([sub, { name, email }]) => `<p><button name="person" value="${escape(sub)}">Sign in as ${escape(name)} (${escape(email)})</button></p>`);
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><h1>${escape(title)}</h1>
<form method="post" action="${escape(action)}">${buttons.join('\n')}</form>
<form method="post" action="${escape(action)}"><label>Somebody else <input name="person" id="person"></label> <button id="go">Sign in</button></form></html>`;
}

/** The page that asks whether to sign out there. */
function logoutPage(title, form) {
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><h1>${escape(title)}</h1>
${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button></html>`;
}

/** The form fields of a request. */
async function fields(req) {
  let text = '';
  for await (const chunk of req.setEncoding('utf8')) text += chunk;
  return Object.fromEntries(new URLSearchParams(text));
}

/** New private keys, as a JWK set takes them. */
async function keySet(algorithms) {
  const { exportJWK, generateKeyPair } = await import('jose');
  return Promise.all(algorithms.map(async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    return { ...await exportJWK(privateKey), alg, use: 'sig', kid: `key-${alg.toLowerCase()}` };
  }));
}

/** A provider. `clients` as the library takes them; `people`, by subject, are
 *  { name, email, email_verified, … } and may be added to. `shown` are those with
 *  a button. `deliver(url)` tells where a back-channel message really goes. */
export class TestProvider {
  constructor({ host = '127.0.0.1', port = 0, title = 'Test provider', people = {}, shown = {}, deliver = (url) => url } = {}) {
    Object.assign(this, { host, port, title, people: { ...people, ...shown }, shown, deliver });
    this.delivered = [];
  }

  async start(clients) {
    this.server = http.createServer((req, res) => this.handle(req, res));
    await new Promise((done, failed) => {
      this.server.once('error', failed).listen(this.port, '127.0.0.1', done);
    });
    this.port = this.server.address().port;
    this.issuer = `http://${this.host}:${this.port}`;
    await this.make(clients);
    return this;
  }

  async make(clients) {
    const { info, warn } = console;
    /* It warns of all that is not for production. */
    Object.assign(console, { info() {}, warn() {} });
    const { Provider } = await import('oidc-provider');
    this.oidc = new Provider(this.issuer, await this.settings(typeof clients === 'function' ? clients(this.issuer) : clients));
    await this.oidc.Session.find('none');
    Object.assign(console, { info, warn });
    this.callback = this.oidc.callback();
  }

  async settings(clients) {
    return {
      clients: clients.map((client) => ({ grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], ...client })),
      jwks: { keys: await keySet(['RS256', 'ES256', 'PS256', 'EdDSA']) },
      cookies: { keys: [createHash('sha256').update(this.issuer).digest('hex')] },
      claims: { openid: ['sub', 'acr', 'amr', 'auth_time', 'sid'], email: ['email', 'email_verified'], profile: ['name', 'locale'] },
      acrValues: ['1', '2', 'phr'],
      features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
        rpInitiatedLogout: { enabled: true, logoutSource: (ctx, form) => { ctx.body = logoutPage(this.title, form); } },
      },
      enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'PS256', 'EdDSA'] },
      pkce: { required: () => true },
      issueRefreshToken: () => true,
      interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
      loadExistingGrant: (ctx) => this.grant(ctx),
      findAccount: (ctx, sub) => this.account(sub),
      renderError: (ctx, out) => {
        ctx.type = 'text';
        ctx.body = `${out.error}: ${out.error_description}`;
      },
      fetch: (url, options) => this.send(url, options),
      ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 3600, Grant: 3600, RefreshToken: 3600 },
    };
  }

  /** Whoever signs in agrees to everything. */
  async grant(ctx) {
    const grant = new this.oidc.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid email profile offline_access');
    await grant.save();
    return grant;
  }

  account(sub) {
    const person = this.people[sub];
    return person && { accountId: sub, claims: () => ({ sub, ...person }) };
  }

  /** Its own guard against private addresses stays behind: all is on loopback. */
  async send(url, { method, headers, body, redirect, signal }) {
    const options = { method, headers, body, redirect, signal };
    const res = await fetch(this.deliver(String(url)), options);
    this.delivered.push({ url: String(url), status: res.status, body: String(options.body) });
    return res;
  }

  async handle(req, res) {
    try {
      if (req.url.startsWith('/interaction/')) await this.interact(req, res);
      else this.callback(req, res);
    } catch (error) {
      res.writeHead(400, { 'Content-Type': 'text/plain' }).end(String(error.message));
    }
  }

  async interact(req, res) {
    const details = await this.oidc.interactionDetails(req, res);
    if (req.method !== 'POST') {
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(loginPage(this.title, this.shown, `/interaction/${details.uid}`));
      return;
    }
    const { person, acr, amr, deny } = await fields(req);
    if (deny || !this.people[person]) {
      await this.oidc.interactionFinished(req, res, { error: 'access_denied', error_description: 'nobody here' });
      return;
    }
    await this.oidc.interactionFinished(req, res, { login: { accountId: person, ...(acr ? { acr } : {}), amr: (amr ?? 'pwd').split(' ') } });
  }

  /** What a person does there: opens `location`, says who they are when asked
   *  (`answer`: { person, acr, amr } or { deny }), and is sent away. The address
   *  they are sent to, and whether they were asked. `jar` is their browser. */
  async signIn(jar, location, answer) {
    let res = await visit(jar, new URL(location));
    let asked = false;
    for (let hops = 0; hops < 10; hops += 1) {
      if (res.status === 200 && !asked) {
        asked = true;
        const action = /action="([^"]+)"/.exec(res.text)[1];
        res = await visit(jar, new URL(action, res.url), { method: 'POST', form: answer });
      }
      if (res.status < 300 || res.status >= 400) throw new Error(`the provider answered ${res.status}: ${res.text}`);
      const next = new URL(res.headers.location, res.url);
      if (next.host !== res.url.host) return { url: next, asked };
      res = await visit(jar, next);
    }
    throw new Error('the provider sends in circles');
  }

  /** Signs a person out of the provider, which tells its clients. */
  async signOut(jar) {
    const page = await visit(jar, new URL('/session/end', this.issuer));
    const [, xsrf] = /name="xsrf" value="([^"]+)"/.exec(page.text);
    await visit(jar, new URL('/session/end/confirm', this.issuer), { method: 'POST', form: { xsrf, logout: 'yes' } });
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => {
      this.server.close(done);
    });
  }
}

/** Starts a provider for `clients`: a list, or a function of its issuer. */
export function startProvider(clients, options) {
  return new TestProvider(options).start(clients);
}
