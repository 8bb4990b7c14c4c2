// SPDX-License-Identifier: MIT
// Sessions of back ends over the core interface: begun, judged, changed, ended.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, createVerify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { claimsOf, headerOf } from './lib/checks.mjs';
import { assertRefused, assertStatus, createSession, handleBin, refreshSession, throughCore, verifySession } from './lib/core.mjs';

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const reserved = ['sub', 'exp', 'iat', 'sessionHandle', 'refreshTokenHash1', 'parentRefreshTokenHash1', 'antiCsrfToken', 'tId', 'rsub'];
const hash = (text) => createHash('sha256').update(text).digest('hex');

throughCore({}, (core, web, stack) => {
  const get = (app, sessionHandle) => app.get('/recipe/session', { sessionHandle });
  const row = (s, columns) => stack.sql(`SELECT ${columns} FROM session WHERE id = ${handleBin(s.session.handle)}`)[0];
  const refreshed = async (app, token, options) => assertStatus(await refreshSession(app, token, options));
  const remove = (app, body) => app.post('/recipe/session/remove', body);

  describe('beginning', () => {
    it('S01 gives an access token of version 5 with the reserved claims and the payload', async () => {
      const s = await createSession(core, { userDataInJWT: { a: 1, n: null, o: { x: [] } }, userDataInDatabase: { d: null } });
      assert.deepEqual(Object.keys(s), ['status', 'session', 'accessToken', 'refreshToken']);
      assert.match(s.session.handle, uuid4);
      assert.deepEqual(s.session, {
        handle: s.session.handle, userId: 'somebody', recipeUserId: 'somebody', userDataInJWT: { a: 1, n: null, o: { x: [] } }, tenantId: 'public',
      });
      const { kid, ...header } = headerOf(s.accessToken.token);
      assert.deepEqual(header, { version: '5', typ: 'JWT', alg: 'RS256' });
      assert.match(kid, /^d-\d{13}$/);
      const claims = claimsOf(s.accessToken.token);
      assert.deepEqual(Object.keys(claims).sort(), [...reserved, 'a', 'n', 'o'].sort());
      assert.deepEqual([claims.sub, claims.rsub, claims.tId, claims.sessionHandle], ['somebody', 'somebody', 'public', s.session.handle]);
      assert.deepEqual([claims.refreshTokenHash1, claims.parentRefreshTokenHash1, claims.antiCsrfToken], [hash(s.refreshToken.token), null, null]);
      assert.equal(s.accessToken.expiry, claims.exp * 1000);
      assert.equal(s.accessToken.createdTime, claims.iat * 1000);
      assert.equal(claims.exp - claims.iat, 3600);
    });

    it('S01 gives a token whose signature the published key proves', async () => {
      const { token } = (await createSession(core)).accessToken;
      const { keys } = assertStatus(await core.get('/recipe/jwt/jwks'));
      const key = keys.find((k) => k.kid === headerOf(token).kid);
      const [header, payload, signature] = token.split('.');
      assert.ok(createVerify('RSA-SHA256').update(`${header}.${payload}`).verify(createPublicKey({ key, format: 'jwk' }), signature, 'base64url'));
    });

    it('S02 keeps a hash of the hash of the refresh token, and no token anywhere', async () => {
      const s = await createSession(core);
      const cells = row(s, 'LOWER(HEX(refresh_cur)), session.*').map(String);
      assert.equal(cells[0], hash(hash(s.refreshToken.token)));
      const kept = `${JSON.stringify(cells)}${readFileSync(stack.logFile, 'utf8')}`;
      for (const secret of [s.refreshToken.token, s.accessToken.token, s.refreshToken.token.split('.')[0], hash(s.refreshToken.token)]) {
        assert.ok(!kept.includes(secret));
      }
    });

    it('S03 gives a refresh token nobody can read or change', async () => {
      const { token } = (await createSession(core)).refreshToken;
      const parts = token.split('.');
      assert.equal(parts[2], 'V2');
      assert.match(parts[0], /^[A-Za-z0-9+/]+={0,2}$/);
      assert.match(parts[1], /^[0-9a-f]{64}$/);
      for (const at of [0, 3, 15, 16, 40, parts[0].length - 3, parts[0].length + 1, parts[0].length + 40, token.length - 1]) {
        const c = token[at] === 'A' ? 'B' : 'A';
        assertStatus(await refreshSession(core, token.slice(0, at) + c + token.slice(at + 1)), 'UNAUTHORISED');
      }
      for (const bad of ['', 'x', '..', `${parts[0]}.${parts[1]}`, `${token}.`, `${parts[0]}..V2`, token.slice(1), `${token} `, `${parts[0]}.${parts[1]}.V1`]) {
        assertStatus(await refreshSession(core, bad), 'UNAUTHORISED');
      }
      assertStatus(await refreshSession(core, token));
    });

    it('S24 signs by a static key when asked to, and changes the kind with a refresh', async () => {
      const s = await createSession(core, { useDynamicSigningKey: false });
      assert.match(headerOf(s.accessToken.token).kid, /^s-/);
      const child = await refreshed(core, s.refreshToken.token, { useDynamicSigningKey: true });
      assert.match(headerOf(child.accessToken.token).kid, /^d-/);
      const next = await refreshed(core, child.refreshToken.token, { useDynamicSigningKey: false });
      assert.match(headerOf(next.accessToken.token).kid, /^s-/);
    });

    it('S26 gives version 4 and no recipe user to CDI 3.1', async () => {
      const go = core.with({ cdi: '3.1' });
      const s = await createSession(go);
      assert.deepEqual(Object.keys(s.session), ['handle', 'userId', 'userDataInJWT', 'tenantId']);
      assert.equal(headerOf(s.accessToken.token).version, '4');
      assert.deepEqual(Object.keys(claimsOf(s.accessToken.token)).sort(), reserved.filter((name) => name !== 'rsub').sort());
      const { useDynamicSigningKey, ...body } = { useDynamicSigningKey: true, refreshToken: s.refreshToken.token, enableAntiCsrf: false };
      assert.ok(useDynamicSigningKey);
      const child = assertStatus(await go.post('/recipe/session/refresh', body));
      assert.equal(headerOf(child.accessToken.token).version, '4');
      assert.ok(!('recipeUserId' in child.session));
      assert.ok(!('recipeUserId' in assertStatus(await get(go, s.session.handle))));
    });

    it('S27 gives version 2 to CDI 2.18, and version 5 at a refresh by 5.4', async () => {
      const old = core.with({ cdi: '2.18' });
      const s = await createSession(old, { userDataInJWT: { a: 1 } });
      const [header, payload] = s.accessToken.token.split('.').map((part) => Buffer.from(part, 'base64').toString());
      assert.equal(header, '{"alg":"RS256","typ":"JWT","version":"2"}');
      assert.deepEqual(JSON.parse(payload).userData, { a: 1 });
      for (const one of [old, core]) assertStatus(await verifySession(one, s.accessToken.token));
      const child = await refreshed(core, s.refreshToken.token);
      assert.equal(headerOf(child.accessToken.token).version, '5');
      assert.equal(claimsOf(child.accessToken.token).a, 1);
    });

    it('S28 marks the handle with a tenant that is not the public one', async () => {
      const app = await core.app();
      assertStatus(await app.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' }));
      const s = await createSession(app.tenant('t1'));
      assert.match(s.session.handle, /^[0-9a-f-]{36}_t1$/);
      assert.equal(s.session.tenantId, 't1');
      assert.equal(claimsOf(s.accessToken.token).tId, 't1');
      assert.equal(assertStatus(await get(app, s.session.handle)).tenantId, 't1');
      assert.equal(assertStatus(await verifySession(app, s.accessToken.token, { checkDatabase: true })).session.tenantId, 't1');
      assertStatus(await app.put('/recipe/session/data', { sessionHandle: s.session.handle, userDataInDatabase: { x: 1 } }));
      assertStatus(await app.put('/recipe/jwt/data', { sessionHandle: s.session.handle, userDataInJWT: { y: 1 } }));
      const child = await refreshed(app, s.refreshToken.token);
      assert.equal(child.session.handle, s.session.handle);
      assertStatus(await get(app, s.session.handle.slice(0, 36)), 'UNAUTHORISED');
      assertStatus(await get(app, s.session.handle.replace('_t1', '_t2')), 'UNAUTHORISED');
      assert.deepEqual(assertStatus(await remove(app, { sessionHandles: [s.session.handle] })).sessionHandlesRevoked, [s.session.handle]);
    });

    it('S30 takes a user without a name', async () => {
      const s = await createSession(core, { userId: '' });
      assert.equal(s.session.userId, '');
      assert.equal(claimsOf(s.accessToken.token).sub, '');
      assert.equal((await refreshed(core, s.refreshToken.token)).session.userId, '');
    });

    it('C05 follows each application\'s own lifetimes', async () => {
      const [short, usual] = [await core.app({ access_token_validity: 2, refresh_token_validity: 1 }), await core.app()];
      for (const [app, access, refresh] of [[short, 2, 60], [usual, 3600, 8640000]]) {
        const s = await createSession(app);
        assert.equal(s.accessToken.expiry - s.accessToken.createdTime, access * 1000);
        assert.equal(Math.round((s.refreshToken.expiry - s.refreshToken.createdTime) / 1000), refresh);
      }
    });

    it('S01 refuses a payload with a reserved name', async () => {
      for (const name of reserved) {
        const body = { userId: 'u', userDataInJWT: { [name]: 1 }, userDataInDatabase: {}, enableAntiCsrf: false };
        assertRefused(await core.post('/recipe/session', body), 400, 'The user payload contains protected field');
      }
    });
  });

  describe('input', () => {
    const create = { userId: 'u', userDataInJWT: {}, userDataInDatabase: {}, enableAntiCsrf: false };
    const verify = { accessToken: 'x', doAntiCsrfCheck: false, enableAntiCsrf: false, checkDatabase: false };
    const refresh = { refreshToken: 'x', enableAntiCsrf: false, useDynamicSigningKey: true };
    const wrongs = (path, body, kinds, method = 'POST') => Object.entries(kinds).flatMap(([field, values]) => values.map((value) => [method, path, { ...body, [field]: value }, field]));
    const text = [1, true, null, {}, [], undefined];
    const flag = [1, 'true', null, {}, undefined];
    const object = [1, 'x', null, [], true, undefined];
    const spare = (values) => values.slice(0, -1);
    for (const [method, path, body, field] of [
      ...wrongs('/recipe/session', create, { userId: text, userDataInJWT: object, userDataInDatabase: object, enableAntiCsrf: flag, useDynamicSigningKey: spare(flag) }),
      ...wrongs('/recipe/session/verify', verify, { accessToken: text, doAntiCsrfCheck: flag, enableAntiCsrf: flag, checkDatabase: flag, antiCsrfToken: spare(text) }),
      ...wrongs('/recipe/session/refresh', refresh, { refreshToken: text, enableAntiCsrf: flag, useDynamicSigningKey: flag, antiCsrfToken: spare(text) }),
      ...wrongs('/recipe/session/regenerate', { accessToken: 'x' }, { accessToken: text, userDataInJWT: spare(object) }),
      ...wrongs('/recipe/session/remove', {}, { sessionHandles: ['x', 1, null, {}, [1], ['a', null]] }),
      ...wrongs('/recipe/session/data', { sessionHandle: 'x', userDataInDatabase: {} }, { sessionHandle: text, userDataInDatabase: object }, 'PUT'),
      ...wrongs('/recipe/jwt/data', { sessionHandle: 'x', userDataInJWT: {} }, { sessionHandle: text, userDataInJWT: object }, 'PUT'),
    ]) {
      it(`C03 ${method} ${path} refuses ${JSON.stringify(body[field])} as ${field}`, async () => {
        assertRefused(await core.request(method, path, { json: body }), 400, `Field name '${field}' is invalid in JSON input`);
      });
    }

    for (const [path, name] of [['/recipe/session', 'sessionHandle'], ['/recipe/session/user', 'userId'], ['/recipe/session/data', 'sessionHandle'], ['/recipe/jwt/data', 'sessionHandle']]) {
      it(`C03 GET ${path} needs ${name}`, async () => {
        assertRefused(await core.get(path), 400, `Field name '${name}' is missing in GET request`);
      });
    }

    for (const body of [{}, { userId: 'u', sessionHandles: [] }, { sessionHandles: [], revokeAcrossAllTenants: true }, { sessionHandles: [], revokeSessionsForLinkedAccounts: false }]) {
      it(`C03 removing refuses ${JSON.stringify(body)}`, async () => {
        assertRefused(await remove(core, body), 400);
      });
    }

    it('C04 only the public tenant answers what is of no tenant', async () => {
      const app = await core.app();
      assertStatus(await app.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' }));
      const t1 = app.tenant('t1');
      for (const res of [
        await verifySession(t1, 'x'), await refreshSession(t1, 'x'), await get(t1, 'x'), await t1.get('/recipe/session/user', { userId: 'u' }),
        await remove(t1, { userId: 'u' }), await t1.put('/recipe/session/data', { sessionHandle: 'x', userDataInDatabase: {} }),
      ]) assertRefused(res, 403);
    });
  });

  describe('judging', () => {
    it('S15 sees the end of a session only when it looks into the database', async () => {
      const s = await createSession(core);
      assert.deepEqual(assertStatus(await remove(core, { sessionHandles: [s.session.handle, 'nobody'] })).sessionHandlesRevoked, [s.session.handle]);
      assertStatus(await verifySession(core, s.accessToken.token));
      assert.ok(assertStatus(await verifySession(core, s.accessToken.token, { checkDatabase: true }), 'UNAUTHORISED').message);
      assertStatus(await refreshSession(core, s.refreshToken.token), 'UNAUTHORISED');
      assertStatus(await get(core, s.session.handle), 'UNAUTHORISED');
    });

    it('S16 compares the anti-CSRF token when both sides want it', async () => {
      const s = await createSession(core, { enableAntiCsrf: true });
      const { accessToken: { token }, antiCsrfToken } = s;
      assert.match(antiCsrfToken, uuid4);
      assert.equal(claimsOf(token).antiCsrfToken, antiCsrfToken);
      const both = { doAntiCsrfCheck: true, enableAntiCsrf: true };
      assertStatus(await verifySession(core, token, { ...both, antiCsrfToken }));
      for (const wrong of [{}, { antiCsrfToken: '' }, { antiCsrfToken: antiCsrfToken.toUpperCase() }, { antiCsrfToken: `${antiCsrfToken}x` }]) {
        assertStatus(await verifySession(core, token, { ...both, ...wrong }), 'TRY_REFRESH_TOKEN');
        assertStatus(await verifySession(core, token, { doAntiCsrfCheck: true, ...wrong }));
        assertStatus(await verifySession(core, token, { enableAntiCsrf: true, ...wrong }));
        assertStatus(await refreshSession(core, s.refreshToken.token, { enableAntiCsrf: true, ...wrong }), 'UNAUTHORISED');
      }
      const child = await refreshed(core, s.refreshToken.token, { enableAntiCsrf: true, antiCsrfToken });
      assert.match(child.antiCsrfToken, uuid4);
      assert.notEqual(child.antiCsrfToken, antiCsrfToken);
      assert.ok(!('antiCsrfToken' in await refreshed(core, s.refreshToken.token)));
    });

    it('S16 fails a token without one where one is wanted', async () => {
      const { accessToken: { token } } = await createSession(core);
      assertStatus(await verifySession(core, token, { doAntiCsrfCheck: true, enableAntiCsrf: true, antiCsrfToken: 'x' }), 'TRY_REFRESH_TOKEN');
    });

    it('S01 fails what is no token of ours', async () => {
      const { accessToken: { token } } = await createSession(core);
      const other = (await createSession(await core.app())).accessToken.token;
      const [header, payload, signature] = token.split('.');
      const forged = Buffer.from(JSON.stringify({ ...claimsOf(token), sub: 'root' })).toString('base64url');
      const none = Buffer.from('{"alg":"none","typ":"JWT","version":"5"}').toString('base64url');
      const version = (v) => Buffer.from(JSON.stringify({ ...headerOf(token), version: v })).toString('base64url');
      for (const bad of [
        '', 'x', '..', `${header}.${payload}`, `${header}.${payload}.`, `${header}.${forged}.${signature}`, `${none}.${payload}.`, `${none}.${payload}.${signature}`,
        `${version('2')}.${payload}.${signature}`, `${version(5)}.${payload}.${signature}`, `${token}x`, other,
      ]) {
        for (const checkDatabase of [false, true]) assertStatus(await verifySession(core, bad, { checkDatabase }), 'TRY_REFRESH_TOKEN');
      }
    });

    it('S17 regenerating keeps all but the payload', async () => {
      const s = await createSession(core, { userDataInJWT: { a: 1 }, enableAntiCsrf: true });
      const { accessToken, session } = assertStatus(await core.post('/recipe/session/regenerate', { accessToken: s.accessToken.token, userDataInJWT: { b: null } }));
      assert.deepEqual(session.userDataInJWT, { b: null });
      const [before, after] = [claimsOf(s.accessToken.token), claimsOf(accessToken.token)];
      for (const name of ['sub', 'exp', 'sessionHandle', 'refreshTokenHash1', 'parentRefreshTokenHash1', 'antiCsrfToken', 'tId', 'rsub']) {
        assert.equal(after[name], before[name]);
      }
      assert.ok('b' in after && !('a' in after));
      assert.deepEqual(assertStatus(await get(core, s.session.handle)).userDataInJWT, { b: null });
      assertRefused(await core.post('/recipe/session/regenerate', { accessToken: s.accessToken.token, userDataInJWT: { sub: 'x' } }), 400, 'The user payload contains protected field');
      assertStatus(await remove(core, { sessionHandles: [s.session.handle] }));
      assertStatus(await core.post('/recipe/session/regenerate', { accessToken: s.accessToken.token }), 'UNAUTHORISED');
      assertStatus(await core.post('/recipe/session/regenerate', { accessToken: 'x' }), 'UNAUTHORISED');
    });

    it('S18 an update by the handle reaches old tokens that are looked up', async () => {
      const s = await createSession(core, { userDataInJWT: { a: 1 } });
      assertStatus(await core.put('/recipe/jwt/data', { sessionHandle: s.session.handle, userDataInJWT: { b: 2 } }));
      assert.ok(!('accessToken' in assertStatus(await verifySession(core, s.accessToken.token))));
      const { accessToken, session } = assertStatus(await verifySession(core, s.accessToken.token, { checkDatabase: true }));
      assert.deepEqual(session.userDataInJWT, { b: 2 });
      assert.equal(claimsOf(accessToken.token).b, 2);
      assert.equal(claimsOf(accessToken.token).refreshTokenHash1, claimsOf(s.accessToken.token).refreshTokenHash1);
      assert.ok(!('accessToken' in assertStatus(await verifySession(core, accessToken.token, { checkDatabase: true }))));
      assert.deepEqual(assertStatus(await core.get('/recipe/jwt/data', { sessionHandle: s.session.handle })).userDataInJWT, { b: 2 });
    });

    it('S19 data is replaced as a whole, with nulls in it', async () => {
      const s = await createSession(core, { userDataInDatabase: { a: 1 } });
      const sessionHandle = s.session.handle;
      for (const userDataInDatabase of [{ b: null, c: [null, { d: null }] }, {}, { e: 'ä "\\' }]) {
        assertStatus(await core.put('/recipe/session/data', { sessionHandle, userDataInDatabase }));
        assert.deepEqual(assertStatus(await get(core, sessionHandle)).userDataInDatabase, userDataInDatabase);
        assert.deepEqual(assertStatus(await core.get('/recipe/session/data', { sessionHandle })).userDataInDatabase, userDataInDatabase);
      }
      assertStatus(await core.put('/recipe/session/data', { sessionHandle: 'nobody', userDataInDatabase: {} }), 'UNAUTHORISED');
      assertStatus(await core.put('/recipe/jwt/data', { sessionHandle: 'nobody', userDataInJWT: {} }), 'UNAUTHORISED');
    });
  });

  describe('somebody\'s sessions', () => {
    it('S20 are listed and ended over all tenants, or in one', async () => {
      const app = await core.app();
      assertStatus(await app.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' }));
      const here = [(await createSession(app)).session.handle, (await createSession(app)).session.handle];
      const there = (await createSession(app.tenant('t1'))).session.handle;
      await createSession(app, { userId: 'else' });
      const list = async (one, more) => assertStatus(await one.get('/recipe/session/user', { userId: 'somebody', ...more })).sessionHandles.sort();
      assert.deepEqual(await list(app), [...here, there].sort());
      assert.deepEqual(await list(app, { fetchAcrossAllTenants: false }), here.sort());
      assert.deepEqual(await list(app.tenant('t1'), { fetchAcrossAllTenants: false }), [there]);
      assert.deepEqual(assertStatus(await remove(app.tenant('t1'), { userId: 'somebody', revokeAcrossAllTenants: false })).sessionHandlesRevoked, [there]);
      assert.deepEqual(assertStatus(await remove(app, { userId: 'somebody' })).sessionHandlesRevoked.sort(), here.sort());
      assert.deepEqual(await list(app), []);
      assert.deepEqual(assertStatus(await remove(app, { userId: 'somebody' })).sessionHandlesRevoked, []);
      assert.equal(assertStatus(await app.get('/recipe/session/user', { userId: 'else' })).sessionHandles.length, 1);
    });

    it('S13 S20 are listed only while they live', async () => {
      const app = await core.app();
      const s = await createSession(app);
      stack.sql(`UPDATE session SET expires_us = created_us - 1 WHERE id = ${handleBin(s.session.handle)}`);
      assert.deepEqual(assertStatus(await app.get('/recipe/session/user', { userId: 'somebody' })).sessionHandles, []);
      assertStatus(await refreshSession(app, s.refreshToken.token), 'UNAUTHORISED');
      assertStatus(await get(app, s.session.handle), 'UNAUTHORISED');
      assertStatus(await app.put('/recipe/jwt/data', { sessionHandle: s.session.handle, userDataInJWT: {} }), 'UNAUTHORISED');
    });

    it('C04 S20 of one application are nobody\'s in another', async () => {
      const [one, other] = [await core.app(), await core.app()];
      const s = await createSession(one);
      assertStatus(await get(other, s.session.handle), 'UNAUTHORISED');
      assertStatus(await verifySession(other, s.accessToken.token), 'TRY_REFRESH_TOKEN');
      assertStatus(await refreshSession(other, s.refreshToken.token), 'UNAUTHORISED');
      assert.deepEqual(assertStatus(await remove(other, { sessionHandles: [s.session.handle] })).sessionHandlesRevoked, []);
      assert.deepEqual(assertStatus(await other.get('/recipe/session/user', { userId: 'somebody' })).sessionHandles, []);
      assertStatus(await get(one, s.session.handle));
    });
  });
});
