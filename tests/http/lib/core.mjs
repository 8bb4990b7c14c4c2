// SPDX-License-Identifier: MIT
// The core interface (CDI) as back ends ask it: a house with a port of its own
// for it behind both web servers, and a client that shows a key and a version.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, describe } from 'node:test';
import { request } from './client.mjs';
import { freePort, own } from './process.mjs';
import { Stack, Web, bothWebs, snippet, ways } from './stack.mjs';

export const coreKey = 'the-key-of-all-back-ends-1';

/** A house that serves the core interface, and what `config` adds. */
export class CoreStack extends Stack {
  constructor({ config = {}, keys = [coreKey], ...options } = {}) {
    super({ config, ...options });
    this.keys = keys;
    this.corePorts = {};
  }

  async start() {
    for (const web of this.wanted) this.corePorts[web] = await freePort();
    await super.start();
  }

  writeConfig() {
    const given = this.overrides;
    const file = this.file('core-keys');
    if (this.keys.length) {
      writeFileSync(file, `${this.keys.join('\n')}\n`, { mode: 0o600 });
      own(file);
    }
    this.overrides = { ...given, cdi: { enabled: 'yes', ...(this.keys.length && { api_keys_file: file }), ...given.cdi } };
    super.writeConfig();
    this.overrides = given;
  }

  corePlaces(web) {
    return { ...this.places(), '127.0.0.1:3567': `127.0.0.1:${this.corePorts[web]}` };
  }

  lighttpdConfig(port, name) {
    return `${super.lighttpdConfig(port, name)}\n${snippet('lighttpd-core.conf', this.corePlaces('lighttpd'))}`;
  }

  apacheConfig(port, name) {
    return `${super.apacheConfig(port, name)}\n${snippet('apache-core.conf', this.corePlaces('apache'))}`;
  }
}

/** A back end: asks one web server of a house, with a key, in a version, for an
 *  application and a tenant (`prefix`). A key or version of null is not
 *  sent. */
export class Core {
  constructor(web, { prefix = '', cdi = '5.4', key = coreKey } = {}) {
    Object.assign(this, { web, prefix, cdi, key });
  }

  get port() {
    return this.web.stack.corePorts[this.web.name];
  }

  /** What SDKs take as connectionURI. */
  get uri() {
    return `http://127.0.0.1:${this.port}${this.prefix}`;
  }

  /** The same back end but for what is named. */
  with(changes) {
    return new Core(this.web, { prefix: this.prefix, cdi: this.cdi, key: this.key, ...changes });
  }

  /** The same, asking for a tenant of its application. */
  tenant(name) {
    return this.with({ prefix: `${this.prefix}/${name}` });
  }

  /** The same, asking the house's other web server. */
  get other() {
    const twin = this.with({});
    twin.web = this.web.other;
    return twin;
  }

  request(method, path, { headers = {}, ...options } = {}) {
    return request(this.port, method, this.prefix + path, {
      ...options,
      headers: { ...(this.key && { 'api-key': this.key }), ...(this.cdi && { 'cdi-version': this.cdi }), ...headers },
    });
  }

  get(path, query) {
    return this.request('GET', query ? `${path}?${new URLSearchParams(query)}` : path);
  }

  post(path, json = {}) {
    return this.request('POST', path, { json });
  }

  put(path, json = {}) {
    return this.request('PUT', path, { json });
  }

  /** An application of its own, so that tests see nothing of each other. */
  async app(coreConfig = {}) {
    const appId = `a${randomBytes(6).toString('hex')}`;
    assertStatus(await this.with({ prefix: '' }).put('/recipe/multitenancy/app/v2', { appId, coreConfig }));
    return this.with({ prefix: `/appid-${appId}` });
  }
}

/** An answer of 200 with that status; its body. */
export function assertStatus(res, status = 'OK') {
  assert.equal(res.status, 200, res.text);
  assert.equal(res.headers['content-type'], 'application/json; charset=UTF-8');
  assert.equal(res.json?.status, status, res.text);
  assert.ok(res.text.endsWith('}\n'));
  return res.json;
}

/** A refusal of the core interface: a plain text. */
export function assertRefused(res, status, text) {
  assert.equal(res.status, status, res.text);
  assert.match(res.headers['content-type'], /^text\/html/);
  assert.ok(res.text.endsWith('\n'), 'a line');
  if (text instanceof RegExp) assert.match(res.text.slice(0, -1), text);
  else if (text !== undefined) assert.equal(res.text, `${text}\n`);
}

/** Describes the same behaviour behind every web server of one house:
 *  body(core, web, stack). `core` asks for application and tenant "public". */
export function throughCore({ webs, name = '', ...options } = {}, body) {
  const stack = new CoreStack({ webs: webs ?? bothWebs, ...options });
  describe(`core house ${name}`.trim(), () => {
    before(() => stack.start());
    after(() => stack.stop());
    for (const name of ways(webs)) {
      describe(name, () => {
        const web = new Web(stack, name);
        body(new Core(web), web, stack);
      });
    }
  });
}

/** A session of a back end, as it is told at its beginning. */
export async function createSession(core, options = {}) {
  return assertStatus(await core.post('/recipe/session', {
    userId: 'somebody', userDataInJWT: {}, userDataInDatabase: {}, enableAntiCsrf: false, useDynamicSigningKey: true, ...options,
  }));
}

/** What judging an access token, or refreshing, is answered. */
export function verifySession(core, accessToken, options = {}) {
  return core.post('/recipe/session/verify', { accessToken, doAntiCsrfCheck: false, enableAntiCsrf: false, checkDatabase: false, ...options });
}

export function refreshSession(core, refreshToken, options = {}) {
  return core.post('/recipe/session/refresh', { refreshToken, enableAntiCsrf: false, useDynamicSigningKey: true, ...options });
}

/** The id a session's handle begins with, as SQL. */
export function handleBin(handle) {
  return `UNHEX('${handle.split('_')[0].replaceAll('-', '')}')`;
}
