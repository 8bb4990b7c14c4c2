// SPDX-License-Identifier: MIT
// The frontend interface (FDI) as browsers ask it: a house that serves it, and
// the core interface beside it, and a client with cookies as browsers keep them.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { request } from './client.mjs';
import { Core, CoreStack } from './core.mjs';
import { Web, bothWebs, snippet, ways } from './stack.mjs';

export const website = 'https://id.example.test';
export const exposed = 'front-token, anti-csrf, st-access-token, st-refresh-token';

/** A house that serves both faces of applications. */
export class FrontendStack extends CoreStack {
  constructor({ config = {}, ...options } = {}) {
    super({ config: { ...config, fdi: { enabled: 'yes', ...config.fdi } }, ...options });
  }

  lighttpdConfig(port, name) {
    return `${super.lighttpdConfig(port, name)}\n${snippet('lighttpd-frontend.conf', this.places())}`;
  }

  apacheConfig(port, name) {
    return `${super.apacheConfig(port, name)}\n${snippet('apache-frontend.conf', this.places())}`;
  }
}

/** Describes the same behaviour behind every web server of one house:
 *  body(web, core, stack). */
export function throughFrontend({ webs, name = '', ...options } = {}, body) {
  const stack = new FrontendStack({ webs: webs ?? bothWebs, ...options });
  describe(`frontend house ${name}`.trim(), () => {
    before(() => stack.start());
    after(() => stack.stop());
    for (const each of ways(webs)) {
      describe(each, () => {
        const web = new Web(stack, each);
        body(web, new Core(web), stack);
      });
    }
  });
}

/** A client of one mode: 'cookie' keeps cookies by name and path, 'header' the
 *  tokens of header fields. */
export class Client {
  constructor(web, { mode = 'cookie', headers = {} } = {}) {
    Object.assign(this, { web, mode, headers, jar: new Map(), tokens: {} });
  }

  cookieHeader(path) {
    return [...this.jar.values()].filter((c) => c.value !== '' && path.split('?')[0].startsWith(c.attributes.path))
      .map((c) => `${c.name}=${c.value}`).join('; ');
  }

  async request(method, path, { headers = {}, ...options } = {}) {
    const cookie = this.cookieHeader(path);
    const bearer = this.tokens[path === '/auth/session/refresh' ? 'refresh' : 'access'];
    const res = await request(this.web.port, method, path, {
      ...options,
      headers: { rid: 'session', 'st-auth-mode': this.mode, ...(cookie && { Cookie: cookie }), ...(bearer && { Authorization: `Bearer ${bearer}` }), ...(this.csrf && { 'anti-csrf': this.csrf }), ...this.headers, ...headers },
    });
    for (const c of res.cookies) {
      if (Date.parse(c.attributes.expires) <= Date.now()) this.jar.delete(c.name);
      else this.jar.set(c.name, c);
    }
    for (const kind of ['access', 'refresh']) {
      const token = res.headers[`st-${kind}-token`];
      if (token !== undefined) this.tokens[kind] = token;
    }
    if (res.headers['anti-csrf']) this.csrf = res.headers['anti-csrf'];
    return res;
  }

  get(path, options) {
    return this.request('GET', path, options);
  }

  post(path, json, options) {
    return this.request('POST', path, { json, ...options });
  }

  refresh(options) {
    return this.request('POST', '/auth/session/refresh', options);
  }

  verify(options) {
    return this.request('GET', '/auth/session/verify', options);
  }

  /** Takes the tokens of a session of the core interface over. */
  adopt({ accessToken, refreshToken, antiCsrfToken }) {
    if (this.mode === 'header') {
      this.tokens = { access: accessToken.token, refresh: refreshToken.token };
    } else {
      const set = (name, value, path) => this.jar.set(name, { name, value: encodeURIComponent(value), attributes: { path } });
      set('sAccessToken', accessToken.token, '/');
      set('sRefreshToken', refreshToken.token, '/auth/session/refresh');
    }
    this.csrf = antiCsrfToken;
    return this;
  }
}

/** What a front-token tells. */
export function frontToken(res) {
  const text = Buffer.from(res.headers['front-token'], 'base64').toString('utf8');
  assert.equal(Buffer.from(text, 'utf8').toString('base64'), res.headers['front-token']);
  return JSON.parse(text);
}

/** The claims of an access token, unjudged. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8'));
}

/** A refusal of the frontend interface. */
export function assertMessage(res, status, message) {
  assert.equal(res.status, status, res.text);
  assert.equal(res.headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(res.text, JSON.stringify({ message }));
}

const gone = 'Thu, 01 Jan 1970 00:00:00 GMT';

/** Both cookies, the header fields and the front-token are taken away. */
export function assertCleared(res, { domain } = {}) {
  const want = (path) => ({ path, expires: gone, secure: true, httponly: true, samesite: 'Lax', ...(domain && { domain }) });
  for (const [name, path] of [['sAccessToken', '/'], ['sRefreshToken', '/auth/session/refresh']]) {
    const all = res.cookies.filter((c) => c.name === name);
    assert.equal(all.length, 1, res.text);
    assert.equal(all[0].value, '');
    assert.deepEqual(all[0].attributes, want(path));
  }
  assert.equal(res.headers['front-token'], 'remove');
}

/** Nothing about tokens is said. */
export function assertUntouched(res) {
  assert.deepEqual(res.cookies, []);
  for (const name of ['front-token', 'st-access-token', 'st-refresh-token', 'anti-csrf']) assert.equal(res.headers[name], undefined, name);
}
