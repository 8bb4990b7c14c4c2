// SPDX-License-Identifier: MIT
// Access tokens against jose, an implementation that is not ours: what we sign
// verifies there by our JWKS, and what is forged opens nothing here.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, bearer, cookieHeaders, headerOf, refresh, status, uuid } from './lib/checks.mjs';
import { ecdsaForgeries, forgeries, oversized } from './lib/forgeries.mjs';
import { keyOf, kitOf } from './lib/signing.mjs';

const issuer = 'https://id.example.test';
const jwksOf = async (web) => assertOk(await web.request('GET', '/.well-known/jwks.json'));
const ask = (web, headers) => web.request('GET', '/api/auth/sessions', { headers });
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const plain = /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]*$/; // what a cookie can hold

function assertRefused(res, code) {
  assertProblem(res, 401, code);
  assert.match(res.headers['www-authenticate'], /^Bearer .*error="invalid_token"/);
  if (code !== 'SESSION_INVALID') assert.deepEqual(res.cookies, []);
}

/* RFC 9068 section 2.2 and what we add: name, and what the value must be. */
const text = (v) => typeof v === 'string' && v.length > 0;
const time = (v) => Number.isSafeInteger(v) && v > 1.6e9;
const list = (v) => Array.isArray(v) && v.every(text);
const schema = {
  iss: (v) => v === issuer, aud: (v) => v === issuer, sub: (v) => uuid.test(v), client_id: text, sid: (v) => uuid.test(v), jti: (v) => uuid.test(v),
  iat: time, exp: time, auth_time: time, acr: (v) => v === '1', amr: (v) => list(v) && v.includes('pwd'), roles: list, groups: list,
  ver: Number.isSafeInteger, rth: (v) => /^[\w-]{43}$/.test(v), rti: Number.isSafeInteger,
};

function verifiesInJose(web, stack, alg) {
  it('R9068-2.2 token of a sign-in verifies in jose and keeps the schema', async () => {
    const { accessToken } = await web.signIn();
    const { keys } = await jwksOf(web);
    const by = alg === 'HS256' ? await keyOf(stack, accessToken) : createLocalJWKSet({ keys });
    const { payload, protectedHeader } = await jwtVerify(accessToken, by, {
      issuer, audience: issuer, typ: 'at+jwt', algorithms: [alg], requiredClaims: Object.keys(schema), maxTokenAge: 60, clockTolerance: 5,
    });
    assert.deepEqual({ ...protectedHeader, kid: '' }, { alg, kid: '', typ: 'at+jwt' });
    assert.deepEqual(Object.keys(payload).sort(), Object.keys(schema).sort());
    for (const [name, good] of Object.entries(schema)) assert.ok(good(payload[name]), `${name}: ${payload[name]}`);
  });

  it('R9068-2.2 token of a refresh verifies in jose and names its parent', async () => {
    const { refreshToken } = await web.signIn();
    const { accessToken } = assertOk(await refresh(web, refreshToken));
    const by = alg === 'HS256' ? await keyOf(stack, accessToken) : createLocalJWKSet(await jwksOf(web));
    const { payload } = await jwtVerify(accessToken, by, { issuer, audience: issuer, typ: 'at+jwt', algorithms: [alg] });
    assert.deepEqual(Object.keys(payload).sort(), [...Object.keys(schema), 'prh'].sort());
  });

  it('R7638-3 kid is the thumbprint that jose computes', async () => {
    const { accessToken } = await web.signIn();
    const { keys } = await jwksOf(web);
    for (const jwk of keys) assert.equal(jwk.kid, await calculateJwkThumbprint(jwk));
    assert.equal(keys.some((jwk) => jwk.kid === headerOf(accessToken).kid), alg !== 'HS256');
  });

  it('R7517-4 JWKS holds public members only', async () => {
    const members = { ES256: ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'], RS256: ['alg', 'e', 'kid', 'kty', 'n', 'use'] }[alg];
    const { keys } = await jwksOf(web);
    assert.equal(keys.length > 0, alg !== 'HS256');
    for (const jwk of keys) {
      assert.deepEqual(Object.keys(jwk).sort(), members);
      assert.equal(jwk.alg, alg);
      assert.equal(jwk.use, 'sig');
    }
  });
}

function opensNothing(web, stack, cases) {
  let kit;
  let key;

  before(async () => {
    const { accessToken } = await web.signIn();
    kit = await kitOf(stack, accessToken);
    key = stack.ctl('api-key', 'create', 'back end').match(/ghk_\S+/)[0];
  });

  it('a token with the same claims under our own signature is good, so only the flaw is refused', async () => {
    for (const token of [kit.token, kit.resigned({}), kit.resigned({ claims: { nbf: kit.claims.iat, custom: { deep: [1] } } })]) assertOk(await status(web, token));
  });

  for (const [name, make, code = 'ACCESS_TOKEN_INVALID'] of cases) {
    it(`F48 ${name.slice(0, 80)}`, async () => {
      const token = await make(kit);
      assert.notEqual(token, kit.token);
      assertRefused(await ask(web, bearer(token)), code);
      if (token && plain.test(token)) assertRefused(await ask(web, cookieHeaders({ access_token: token })), code);
      const asked = await web.request('POST', '/api/auth/introspect', { headers: { ...bearer(key), ...form }, body: new URLSearchParams({ token: token || '.' }).toString() });
      if (token.length <= 8192) assert.deepEqual(assertOk(asked), { active: false });
      else assertProblem(asked, 400, 'VALIDATION_FAILED');
    });
  }

  it('the session behind all forgeries still lives', async () => assertOk(await status(web, kit.token)));
}

for (const alg of ['ES256', 'RS256', 'HS256']) {
  through({ name: alg, config: { tokens: { algorithm: alg } } }, (web, stack) => {
    verifiesInJose(web, stack, alg);
    describe('forged', () => opensNothing(web, stack, alg === 'ES256' ? [...forgeries, ...ecdsaForgeries] : forgeries));
  });
}

through({ name: 'kinds' }, (web, stack) => {
  let all;

  before(async () => {
    const { browser, accessToken, refreshToken, email, password } = await web.signIn();
    const key = stack.ctl('api-key', 'create', 'back end').match(/ghk_\S+/)[0];
    all = { access: accessToken, refresh: refreshToken, device: browser.cookie('device_token'), key, email, password };
  });

  /* Where a token can be put, and what a stranger's kind is called there. */
  const places = {
    'access header': { kind: 'access', code: 'ACCESS_TOKEN_INVALID', ask: (token) => ask(web, bearer(token)) },
    'access cookie': { kind: 'access', code: 'ACCESS_TOKEN_INVALID', ask: (token) => ask(web, cookieHeaders({ access_token: token })) },
    'refresh header': { kind: 'refresh', code: 'REFRESH_TOKEN_INVALID', ask: (token) => refresh(web, token) },
    'refresh cookie': { kind: 'refresh', code: 'REFRESH_TOKEN_INVALID', ask: (token) => web.request('POST', '/api/auth/refresh', { headers: cookieHeaders({ refresh_token: token }) }) },
    'API key, Bearer': { kind: 'key', code: 'API_KEY_INVALID', ask: (token) => web.request('POST', '/api/auth/introspect', { headers: bearer(token), json: { token: 'x' } }) },
    'API key, X-Api-Key': { kind: 'key', code: 'API_KEY_INVALID', ask: (token) => web.request('POST', '/api/auth/introspect', { headers: { 'X-Api-Key': token }, json: { token: 'x' } }) },
  };
  for (const [name, place] of Object.entries(places)) {
    for (const kind of ['access', 'refresh', 'device', 'key']) {
      if (kind === place.kind) continue;
      it(`F49 ${kind} token in the place of the ${name} opens nothing`, async () => assertProblem(await place.ask(all[kind]), 401, place.code));
    }
    it(`the right kind in the place of the ${name} is good`, async () => assertOk(await place.ask(all[place.kind])));
  }

  it('F49 introspect and revoke know neither device tokens nor API keys', async () => {
    for (const token of [all.device, all.key]) {
      assert.deepEqual(assertOk(await web.request('POST', '/api/auth/introspect', { headers: bearer(all.key), json: { token } })), { active: false });
      assertOk(await web.request('POST', '/api/auth/revoke', { headers: bearer(all.key), json: { token } }));
    }
    assertOk(await places['API key, Bearer'].ask(all.key));
  });

  it('F49 another kind as device cookie changes nothing about a sign-in', async () => {
    for (const kind of ['access', 'refresh', 'key']) {
      const headers = cookieHeaders({ device_token: all[kind] });
      const res = await web.request('POST', '/api/auth/login', { headers, json: { email: all.email, password: all.password } });
      assertOk(res);
      assert.notEqual(res.cookies.find((c) => c.name === 'device_token').value, all[kind]);
    }
  });

  it('sub of one person with the session of another is refused, whoever signed it', async () => {
    const [ann, bob] = [await web.signIn(), await web.signIn()];
    const kit = await kitOf(stack, ann.accessToken);
    assertRefused(await ask(web, bearer(kit.resigned({ claims: { sid: bob.sessionId } }))), 'SESSION_INVALID');
    assertRefused(await ask(web, bearer(kit.resigned({ claims: { sub: bob.subject } }))), 'SESSION_INVALID');
  });

  it('R7515-7.2 a JWS in its JSON form, which holds commas, is no token', async () => {
    const [head, payload, signature] = all.access.split('.');
    const res = await ask(web, bearer(JSON.stringify({ protected: head, payload, signature })));
    assertProblem(res, 400, 'DUPLICATE_CREDENTIALS');
  });

  it('R8725-3.4 oversized parts are refused by whoever meets them first', async () => {
    const kit = await kitOf(stack, all.access);
    for (const [, make] of oversized) {
      const token = make(kit);
      const res = await ask(web, bearer(token));
      assert.ok([401, 431].includes(res.status), res.text);
      assert.equal(res.json.status, res.status);
    }
    assertOk(await status(web, all.access));
  });
});
