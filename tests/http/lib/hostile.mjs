// SPDX-License-Identifier: MIT
// A provider that does what it likes. One server is many issuers, told apart by
// the first part of the path; what an issuer does wrong is set for it (traits)
// or for one sign-in (the second argument of grant).
import { KeyObject, createHash, createHmac, randomBytes, sign } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';

const now = () => Math.floor(Date.now() / 1000);
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const s256 = (text) => createHash('sha256').update(text).digest('base64url');

async function makeKey(kid, alg = 'RS256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, pem: await exportSPKI(publicKey), jwk: { ...await exportJWK(publicKey), kid, alg, use: 'sig' } };
}

/** Bad ways to answer, for traits and grants. Each takes the response. */
export const replies = {
  error: (status, body = { error: 'server_error' }) => (res) => json(res, body, status),
  page: (res) => res.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Maintenance</h1>'),
  garbage: (res) => res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"access_token": '),
  list: (res) => json(res, []),
  empty: (res) => res.writeHead(200, { 'Content-Type': 'application/json' }).end(),
  close: (res) => res.socket.destroy(),
  half: (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1000 }).write('{"a":');
    res.socket.end();
  },
  /** The right members, and more than anybody needs; never ends by itself. */
  huge: (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' });
    res.on('error', () => {});
    const more = () => {
      while (!res.destroyed && res.write(`"${'x'.repeat(65000)}",`));
      if (!res.destroyed) res.once('drain', more);
    };
    res.write('{"keys":[');
    more();
  },
  /** Redirects to itself for ever. */
  loop: (res) => res.writeHead(302, { Location: res.req.url }).end(),
  /** Accepts, and never says a word. */
  hang: () => {},
  /** Says a word now and then, so that no read ever times out. */
  drip: (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' });
    const timer = setInterval(() => res.write(' '), 200);
    res.on('close', () => clearInterval(timer));
  },
  dripHeaders: (res) => {
    res.socket.write('HTTP/1.1 200 OK\r\n');
    const timer = setInterval(() => res.socket?.write('X-Wait: 1\r\n'), 200);
    res.socket.on('close', () => clearInterval(timer));
  },
};

function json(res, body, status = 200, headers = {}) {
  res.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** The credentials of a token request, by either of the two simple methods. */
function clientOf(req, form) {
  const basic = /^Basic (.+)$/.exec(req.headers.authorization ?? '')?.[1];
  if (!basic) return [form.client_id, form.client_secret];
  return Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent);
}

/** A JWT that is not what it seems: { alg: 'none' }, { crit } or { alg: 'HS256' }
 *  keyed by the public key, as a confused verifier would take it. */
function forge(header, claims, key) {
  const body = `${part(header)}.${part(claims)}`;
  if (header.alg === 'none') return `${body}.`;
  if (header.crit) return `${body}.${sign('RSA-SHA256', body, KeyObject.from(key.privateKey)).toString('base64url')}`;
  return `${body}.${createHmac('sha256', key.pem).update(body).digest('base64url')}`;
}

class Hostile {
  constructor({ clientId = 'gatehouse', clientSecret = 'the secret of a client', tls } = {}) {
    Object.assign(this, { clientId, clientSecret, tls });
    this.issuers = new Map();
    this.codes = new Map();
    this.access = new Map();
    this.refresh = new Map();
    this.asked = [];
    this.open = new Set();
  }

  async start() {
    this.key = await makeKey('key-1');
    this.stranger = await makeKey('key-1');
    this.elliptic = await makeKey('key-ec', 'ES256');
    const take = (req, res) => this.take(req, res);
    this.server = this.tls ? https.createServer(this.tls, take) : http.createServer(take);
    await new Promise((done) => {
      this.server.listen(0, '127.0.0.1', done);
    });
    this.origin = `${this.tls ? 'https://localhost' : 'http://127.0.0.1'}:${this.server.address().port}`;
    return this;
  }

  issuer(name) {
    return `${this.origin}/${name}`;
  }

  /** What an issuer does: { discovery, jwks } as a reply or a change of the
   *  right answer, { keys } its keys. */
  traits(name, traits) {
    this.issuers.set(name, { ...this.issuers.get(name), ...traits });
  }

  keysOf(name) {
    return this.issuers.get(name)?.keys ?? [this.key, this.elliptic];
  }

  /** An issuer signs with a new key from now on, and shows only that. */
  async rotate(name) {
    const key = await makeKey(`key-${randomBytes(4).toString('hex')}`);
    this.traits(name, { keys: [key] });
    return key;
  }

  /** What would happen if a person signed in at `location`: the address the
   *  browser is sent back to. `way`:
   *    person         who it is: sub, email, email_verified, name
   *    claims         changes of the ID token; undefined takes one away
   *    header, sign   its header; 'none', 'HS256', 'stranger', 'ES256', 'cut'
   *    token, info    replies of the token and user-info endpoints
   *    infoChanges    changes of user-info
   *    query          changes of what the browser brings back
   *    plain          no OpenID: no ID token
   *    offline        seconds its access tokens last, with a refresh token */
  grant(location, { person = {}, query = {}, ...way } = {}) {
    const asked = new URL(location);
    const name = asked.pathname.split('/')[1];
    const params = Object.fromEntries(asked.searchParams);
    const code = randomBytes(16).toString('hex');
    this.codes.set(code, { name, params, way, person: { sub: `sub-${code}`, email: `${code}@example.org`, email_verified: true, name: 'Eve', ...person } });
    const back = new URL(params.redirect_uri);
    const answer = { code, state: params.state, iss: this.issuer(name), ...query };
    for (const [key, value] of Object.entries(answer)) if (value !== undefined) back.searchParams.set(key, value);
    return back;
  }

  async take(req, res) {
    this.open.add(res);
    res.on('close', () => this.open.delete(res));
    req.on('error', () => {});
    const [, name, ...rest] = new URL(req.url, this.origin).pathname.split('/');
    const handler = { '.well-known/openid-configuration': 'discovery', jwks: 'jwks', token: 'token', userinfo: 'info' }[rest.join('/')];
    res.what = handler;
    this.asked.push({ name, what: handler, req });
    if (!handler) json(res, { error: 'not_found' }, 404);
    else await this[handler](res, name, req);
  }

  /** The document, changed; or whatever a reply does. */
  say(res, document, change) {
    if (typeof change === 'function') change(res, document);
    else json(res, { ...document, ...change });
  }

  discovery(res, name) {
    const base = this.issuer(name);
    this.say(res, {
      issuer: base, authorization_endpoint: `${base}/authorize`, token_endpoint: `${base}/token`, userinfo_endpoint: `${base}/userinfo`,
      jwks_uri: `${base}/jwks`, response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256', 'ES256'],
      code_challenge_methods_supported: ['S256'], authorization_response_iss_parameter_supported: true, scopes_supported: ['openid', 'email', 'profile'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    }, this.issuers.get(name)?.discovery);
  }

  jwks(res, name) {
    this.say(res, { keys: this.keysOf(name).map((key) => key.jwk) }, this.issuers.get(name)?.jwks);
  }

  async token(res, name, req) {
    let text = '';
    for await (const chunk of req.setEncoding('utf8')) text += chunk;
    const form = Object.fromEntries(new URLSearchParams(text));
    this.asked.at(-1).form = form;
    if (form.grant_type === 'refresh_token') {
      this.renew(res, name, req, form);
      return;
    }
    const grant = this.codes.get(form.code);
    if (grant?.way.token) {
      grant.way.token(res);
      return;
    }
    const wrong = this.wrong(grant, name, req, form);
    if (wrong) {
      json(res, { error: 'invalid_grant', error_description: wrong }, 400);
      return;
    }
    grant.spent = true;
    const answer = this.tokensOf(grant);
    if (!grant.way.plain) answer.id_token = await this.idToken(grant, answer.access_token);
    /* GitHub answers in the style of forms unless asked for JSON. */
    if (grant.way.plain && !/json/.test(req.headers.accept ?? '')) res.writeHead(200, { 'Content-Type': 'application/x-www-form-urlencoded' }).end(new URLSearchParams(answer).toString());
    else json(res, answer);
  }

  /** An access token, and where it was asked for a refresh token that is good
   *  once. */
  tokensOf(grant) {
    const answer = { access_token: randomBytes(16).toString('hex'), token_type: 'Bearer', expires_in: grant.way.offline ?? 600, scope: grant.params.scope };
    this.access.set(answer.access_token, grant);
    if (grant.way.offline === undefined) return answer;
    answer.refresh_token = randomBytes(16).toString('hex');
    this.refresh.set(answer.refresh_token, grant);
    return answer;
  }

  renew(res, name, req, form) {
    const grant = this.refresh.get(form.refresh_token);
    const [id, secret] = clientOf(req, form);
    this.refresh.delete(form.refresh_token);
    if (!grant || grant.name !== name || id !== this.clientId || secret !== this.clientSecret) json(res, { error: 'invalid_grant' }, 400);
    else json(res, this.tokensOf(grant));
  }

  /** Even this provider is strict with its clients. */
  wrong(grant, name, req, form) {
    const [id, secret] = clientOf(req, form);
    if (!grant || grant.spent || grant.name !== name) return 'unknown code';
    if (form.grant_type !== 'authorization_code') return 'grant type';
    if (id !== this.clientId || secret !== this.clientSecret) return 'client';
    if (form.redirect_uri !== grant.params.redirect_uri) return 'redirect address';
    if (grant.params.code_challenge_method !== 'S256' || s256(form.code_verifier ?? '') !== grant.params.code_challenge) return 'verifier';
    return undefined;
  }

  async idToken({ name, params, way, person }, access) {
    const [key] = this.keysOf(name);
    const claims = {
      iss: this.issuer(name), sub: person.sub, aud: params.client_id, iat: now(), exp: now() + 300, auth_time: now(), nonce: params.nonce,
      at_hash: createHash('sha256').update(access).digest().subarray(0, 16).toString('base64url'), ...way.claims,
    };
    for (const [member, value] of Object.entries(claims)) if (value === undefined) delete claims[member];
    const header = { alg: 'RS256', kid: key.kid, typ: 'JWT', ...way.header };
    if (header.crit) return forge(header, claims, key);
    if (way.sign === 'none' || way.sign === 'HS256') return forge({ ...header, alg: way.sign }, claims, key);
    const signer = { stranger: this.stranger, ES256: this.elliptic }[way.sign] ?? key;
    if (signer === this.elliptic) Object.assign(header, { alg: 'ES256', kid: signer.kid });
    const token = await new SignJWT(claims).setProtectedHeader(header).sign(signer.privateKey);
    return way.sign === 'cut' ? token.slice(0, token.lastIndexOf('.') + 1) : token;
  }

  info(res, name, req) {
    const grant = this.access.get(/^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1]);
    if (!grant) json(res, { error: 'invalid_token' }, 401);
    else if (grant.way.info) grant.way.info(res);
    else this.say(res, grant.person, grant.way.infoChanges);
  }

  /** A logout token of an issuer (OpenID Connect Back-Channel Logout 1.0). */
  async logoutToken(name, claims, { header, sign: by } = {}) {
    const [key] = this.keysOf(name);
    const all = {
      iss: this.issuer(name), aud: this.clientId, iat: now(), exp: now() + 120, jti: randomBytes(8).toString('hex'),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} }, ...claims,
    };
    for (const [member, value] of Object.entries(all)) if (value === undefined) delete all[member];
    const fields = { alg: 'RS256', kid: key.kid, typ: 'logout+jwt', ...header };
    if (by === 'none' || by === 'HS256') return forge({ ...fields, alg: by }, all, key);
    return new SignJWT(all).setProtectedHeader(fields).sign((by === 'stranger' ? this.stranger : key).privateKey);
  }

  /** How many requests of a kind have no answer yet. */
  hanging(what) {
    return [...this.open].filter((res) => res.what === what && !res.headersSent).length;
  }

  /** Ends what hangs. */
  release() {
    for (const res of this.open) if (!res.headersSent) res.socket?.destroy();
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => {
      this.server.close(done);
    });
  }
}

/** Starts a provider that does what it likes: { clientId, clientSecret, tls }. */
export function startHostile(options) {
  return new Hostile(options).start();
}
