// SPDX-License-Identifier: MIT
// Starts lib/sdk_app.mjs and asks it as a browser without cookies would: tokens
// go and come in header fields.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { request } from './client.mjs';
import { start, stop } from './process.mjs';
import { sourceRoot } from './stack.mjs';

/** A back end whose core is `core`. */
export class SdkApp {
  async start(core, options = {}) {
    this.child = start(process.execPath, [join(sourceRoot, 'tests/http/lib/sdk_app.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { SDK_OPTIONS: JSON.stringify({ uri: core.uri, key: core.key, ...options }), TEST_MODE: '' },
    });
    this.port = await new Promise((resolve, reject) => {
      let text = '';
      this.child.stdout.on('data', (chunk) => {
        text += chunk;
        if (text.includes('\n')) resolve(Number(text));
      });
      this.child.exited.then(() => reject(new Error('the back end did not start')));
    });
    /* A test that fails to stop it must not wait for it. */
    this.child.unref();
    this.child.stdout.unref();
  }

  stop() {
    return stop(this.child);
  }

  client() {
    return new SdkClient(this);
  }

  /** Calls a function of the SDK in the back end; its value. */
  async call(recipe, name, ...args) {
    const res = await request(this.port, 'POST', `/call/${recipe}/${name}`, { json: args });
    assert.equal(res.status, 200, res.text);
    assert.ok(!res.json.error, res.json.error);
    return res.json.value;
  }

  /** The same of one that throws; the error's text. */
  async fails(recipe, name, ...args) {
    const res = await request(this.port, 'POST', `/call/${recipe}/${name}`, { json: args });
    assert.ok(res.json.error, res.text);
    return res.json.error;
  }
}

/** Somebody who uses it, with the tokens he was given last. */
export class SdkClient {
  constructor(app, tokens = {}) {
    this.app = app;
    this.tokens = tokens;
  }

  /** Who holds the same tokens now. */
  twin() {
    return new SdkClient(this.app, { ...this.tokens });
  }

  async request(method, path, { json, token = this.tokens.access, headers = {} } = {}) {
    const res = await request(this.app.port, method, path, {
      json, headers: { 'st-auth-mode': 'header', rid: 'session', ...(token && { Authorization: `Bearer ${token}` }), ...headers },
    });
    for (const kind of ['access', 'refresh']) {
      const text = res.headers[`st-${kind}-token`];
      if (text !== undefined) this.tokens[kind] = text || undefined;
    }
    if (res.headers['anti-csrf']) this.tokens.antiCsrf = res.headers['anti-csrf'];
    return res;
  }

  get(path, options) {
    return this.request('GET', path, options);
  }

  post(path, json = {}, options = {}) {
    return this.request('POST', path, { json, ...options });
  }

  refresh() {
    return this.post('/auth/session/refresh', {}, { token: this.tokens.refresh });
  }

  /** Sign-up or sign-in by form. */
  form(path, fields) {
    return this.post(path, { formFields: Object.entries(fields).map(([id, value]) => ({ id, value })) });
  }
}
