// SPDX-License-Identifier: MIT
// After a takeover nobody signs in again: what was issued before, by another
// service, is good here, and only as good as it was.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { assertStatus, throughCore } from './lib/core.mjs';
import { sourceOf } from './lib/supertokens.mjs';
import { H, accessToken, refreshToken, rsaKey } from './lib/supertokens_tokens.mjs';

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const headOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));

/* A house per web server: tokens are used up. */
for (const web of ['lighttpd', 'apache']) {
  throughCore({ webs: [web], name: `of a takeover, ${web}` }, (core, _web, stack) => {
    let world;
    const of = (s) => (s.app === 'shop' ? core.with({ prefix: '/appid-shop' }) : core);
    const verify = (s, token = s.access, more = {}) => of(s).post('/recipe/session/verify', {
      accessToken: token, doAntiCsrfCheck: Boolean(s.antiCsrf), enableAntiCsrf: Boolean(s.antiCsrf), checkDatabase: true, ...(s.antiCsrf && { antiCsrfToken: s.antiCsrf }), ...more,
    });
    const refresh = (s, token, more = {}) => of(s).post('/recipe/session/refresh', {
      refreshToken: token, enableAntiCsrf: Boolean(s.antiCsrf), useDynamicSigningKey: !s.fixed, ...(s.antiCsrf && { antiCsrfToken: s.antiCsrf }), ...more,
    });
    const cur = (s) => stack.sql(`SELECT LOWER(HEX(refresh_cur)) FROM session WHERE id = UNHEX('${s.id.replaceAll('-', '')}')`)[0][0];

    before(() => {
      const source = sourceOf(stack);
      world = source.world;
      source.take();
      source.drop();
    });

    it('every key that may still verify is published, under its name O01 S21', async () => {
      const kids = async (c) => (await c.get('/.well-known/jwks.json')).json.keys.map((k) => k.kid);
      const there = await kids(core);
      for (const name of ['current', 'previous', 'fixed']) assert.ok(there.includes(world.keys[name].kid), name);
      assert.ok(!there.includes(world.keys.ended.kid));
      assert.ok(!there.includes(world.keys.shop.kid));
      assert.ok((await kids(core.with({ prefix: '/appid-shop' }))).includes(world.keys.shop.kid));
    });

    describe('an access token', () => {
      for (const name of ['plain', 'fixed', 'older', 'csrf', 'tenant', 'shop', 'foreign', 'anonymous']) {
        it(`of a session that is ${name} still verifies, and is not replaced O01`, async () => {
          const s = world.sessions[name];
          const { session, accessToken: fresh } = assertStatus(await verify(s));
          assert.equal(session.handle, s.handle);
          assert.equal(session.userId, s.userId);
          assert.deepEqual(session.userDataInJWT, s.payload);
          assert.equal(session.tenantId, s.tenant);
          assert.equal(fresh, undefined);
        });
      }

      for (const [what, make] of [
        ['of a key nobody has', (s) => accessToken(rsaKey(), world.keys.current.kid, { ...s, issued: world.now })],
        ['of a key that has ended', (s) => accessToken(world.keys.ended, world.keys.ended.kid, { ...s, issued: world.now })],
        ['of another application', (s) => accessToken(world.keys.shop, world.keys.shop.kid, { ...s, issued: world.now })],
        ['that has ended', (s) => accessToken(world.keys.current, world.keys.current.kid, { ...s, issued: world.now - 7200_000 })],
        ['with another byte', (s) => s.access.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'))],
      ]) {
        it(`${what} opens nothing O01`, async () => {
          const token = make(world.sessions.plain);
          assertStatus(await verify(world.sessions.plain, token), 'TRY_REFRESH_TOKEN');
        });
      }

      it('without its anti-CSRF token opens nothing O01 S16', async () => {
        assertStatus(await verify(world.sessions.csrf, undefined, { antiCsrfToken: 'other' }), 'TRY_REFRESH_TOKEN');
      });

      it('whose session was left behind is no session O01', async () => {
        const token = accessToken(world.keys.current, world.keys.current.kid, { ...world.expired, issued: world.now });
        assertStatus(await verify(world.expired, token), 'UNAUTHORISED');
      });

      it('of a refresh that had been answered there is the proof of it here O01 S06', async () => {
        const s = world.sessions.child;
        assert.equal(cur(s), H(H(s.parent)));
        const { accessToken: fresh } = assertStatus(await verify(s));
        assert.equal(claimsOf(fresh.token).parentRefreshTokenHash1, null);
        assert.equal(claimsOf(fresh.token).refreshTokenHash1, H(s.refresh));
        assert.equal(cur(s), H(H(s.refresh)));
        assertStatus(await refresh(s, s.parent), 'TOKEN_THEFT_DETECTED');
      });
    });

    describe('a refresh token', () => {
      for (const name of ['plain', 'fixed', 'csrf', 'tenant', 'shop', 'foreign', 'anonymous']) {
        it(`of a session that is ${name} still refreshes, and what it gives is good O01`, async () => {
          const s = world.sessions[name];
          const given = assertStatus(await refresh(s, s.refresh));
          const claims = claimsOf(given.accessToken.token);
          assert.equal(given.session.handle, s.handle);
          assert.equal(claims.sub, s.userId);
          assert.equal(claims.parentRefreshTokenHash1, H(s.refresh));
          for (const [key, value] of Object.entries(s.payload)) assert.deepEqual(claims[key], value, key);
          assert.match(headOf(given.accessToken.token).kid, s.fixed ? /^s-/ : /^d-/);
          const now = { ...s, antiCsrf: given.antiCsrfToken };
          assertStatus(await verify(now, given.accessToken.token));
          assertStatus(await refresh(now, given.refreshToken.token));
          assertStatus(await refresh(s, s.refresh), 'TOKEN_THEFT_DETECTED');
        });
      }

      it('given there and not yet used takes its parent\'s place here O01 S07', async () => {
        const s = world.sessions.heir;
        assertStatus(await refresh(s, s.refresh));
        assert.equal(cur(s), H(H(s.refresh)));
        assertStatus(await refresh(s, s.parent), 'TOKEN_THEFT_DETECTED');
      });

      it('made with another secret, with another byte, or of a session left behind is none O01 S03', async () => {
        const s = world.sessions.older;
        const foreign = refreshToken(world.master.shop, { handle: s.handle, userId: s.userId });
        for (const token of [foreign, s.refresh.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')), s.refresh.replace('.V2', '.V1'), world.expired.refresh]) {
          assertStatus(await refresh(s, token), 'UNAUTHORISED');
        }
        assertStatus(await refresh(s, s.refresh));
      });
    });

    describe('a user', () => {
      it('signs in by the old password, whoever has made its hash O01 E02', async () => {
        for (const [name, tenant] of [['ada', ''], ['ada', '/customers'], ['bob', '/customers'], ['carol', '/customers'], ['dan', '/appid-shop']]) {
          const u = world.users[name];
          const there = core.with({ prefix: tenant });
          const { user } = assertStatus(await there.post('/recipe/signin', { email: u.email, password: u.clear }));
          const primary = world.users[u.primary ?? name];
          assert.equal(user.id, primary.external ?? primary.id, name);
          assertStatus(await there.post('/recipe/signin', { email: u.email, password: `${u.clear}!` }), 'WRONG_CREDENTIALS_ERROR');
        }
      });

      it('that was in no tenant any more signs in nowhere O01', async () => {
        const { eve } = world.users;
        assertStatus(await core.post('/recipe/signin', { email: eve.email, password: eve.clear }), 'WRONG_CREDENTIALS_ERROR');
      });

      it('has the address proved that was proved O01 E04', async () => {
        const verified = async (id) => assertStatus(await core.get('/user/id', { userId: id })).user.loginMethods.map((m) => [m.email, m.verified]);
        const { ada, bob, carol } = world.users;
        assert.deepEqual(await verified(ada.id), [[ada.email, true]]);
        assert.deepEqual((await verified(bob.external)).sort(), [[bob.email, true], [carol.email, false]].sort());
      });
    });

    describe('the session', () => {
      it('has its data, its times and its tenant O01', async () => {
        const s = world.sessions.plain;
        const got = assertStatus(await core.get('/recipe/session', { sessionHandle: s.handle }));
        assert.deepEqual(got.userDataInDatabase, s.data);
        assert.equal(got.timeCreated, s.row.created_at_time);
        const other = world.sessions.tenant;
        assert.equal(assertStatus(await core.get('/recipe/session', { sessionHandle: other.handle })).tenantId, 'customers');
      });

      it('is listed and ended like any other O01 S15', async () => {
        const s = world.sessions.foreign;
        const asked = { userId: s.userId, fetchSessionsForAllLinkedAccounts: true, fetchAcrossAllTenants: true };
        assert.deepEqual(assertStatus(await core.get('/recipe/session/user', asked)).sessionHandles, [s.handle]);
        assert.deepEqual(assertStatus(await core.post('/recipe/session/remove', { sessionHandles: [s.handle] })).sessionHandlesRevoked, [s.handle]);
        assertStatus(await verify(s), 'UNAUTHORISED');
      });
    });
  });
}
