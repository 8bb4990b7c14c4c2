// SPDX-License-Identifier: MIT
// Which refresh tokens of a back end's session still count, in the versions of
// the core interface before 5.6 and from it on.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { claimsOf, together } from './lib/checks.mjs';
import { assertRefused, assertStatus, createSession, handleBin, refreshSession, throughCore, verifySession } from './lib/core.mjs';
import { until } from './lib/process.mjs';

const hash = (text) => createHash('sha256').update(text).digest('hex');

/** 50 refreshes by one token at once, and then by each child. */
async function fifty(core) {
  const p = await createSession(core);
  const children = (await together(50, () => refreshSession(core, p.refreshToken.token))).map((res) => assertStatus(res));
  assert.equal(new Set(children.map((s) => s.refreshToken.token)).size, 50);
  const answers = await together(50, (i) => refreshSession(core, children[i].refreshToken.token));
  const won = answers.filter((res) => res.json.status === 'OK');
  assert.equal(won.length, 1, answers.map((res) => res.text).join());
  for (const res of answers) assert.ok(['OK', 'TOKEN_THEFT_DETECTED'].includes(res.json.status), res.text);
  assertStatus(await refreshSession(core, won[0].json.refreshToken.token));
}

throughCore({ config: { server: { workers: 6 } } }, (core, web, stack) => {
  const next = core.with({ cdi: '5.6' });
  const cell = (s, column) => stack.sql(`SELECT ${column} FROM session WHERE id = ${handleBin(s.session.handle)}`)[0][0];
  const move = (s, column, seconds) => stack.sql(`UPDATE session SET ${column} = ${column} + ${seconds}000000 WHERE id = ${handleBin(s.session.handle)}`);
  const refresh = async (from, s, options) => assertStatus(await refreshSession(from, s.refreshToken.token, options));
  const theft = async (from, s) => assertStatus(await refreshSession(from, s.refreshToken.token), 'TOKEN_THEFT_DETECTED');
  const live = async (s) => (await core.get('/recipe/session', { sessionHandle: s.session.handle })).json.status === 'OK';
  const looked = async (from, s) => assertStatus(await verifySession(from, s.accessToken.token));

  describe('before 5.6', () => {
    it('S04 a parent gives children until one of them is used', async () => {
      const p = await createSession(core);
      const [one, two] = [await refresh(core, p), await refresh(core, p)];
      assert.notEqual(one.refreshToken.token, two.refreshToken.token);
      for (const child of [one, two]) {
        assert.equal(claimsOf(child.accessToken.token).parentRefreshTokenHash1, hash(p.refreshToken.token));
        assert.equal(claimsOf(child.accessToken.token).refreshTokenHash1, hash(child.refreshToken.token));
      }
      await looked(core, one);
      const { session } = await theft(core, p);
      assert.deepEqual(session, { handle: p.session.handle, userId: 'somebody', recipeUserId: 'somebody' });
      assert.ok(await live(p), 'the back end ends it, not the core');
    });

    it('S05 the sibling that comes too late is a thief\'s, and the chain of the first goes on', async () => {
      const p = await createSession(core);
      const [one, two] = [await refresh(core, p), await refresh(core, p)];
      await looked(core, one);
      await theft(core, two);
      assert.ok(!('accessToken' in await looked(core, two)), 'its access token stays good, and is not renewed');
      const grandchild = await refresh(core, one);
      await refresh(core, grandchild);
      await theft(core, two);
    });

    it('S05 so is the child of such a sibling', async () => {
      const p = await createSession(core);
      const [one, two] = [await refresh(core, p), await refresh(core, p)];
      await refresh(core, one);
      await theft(core, two);
      await theft(core, p);
    });

    it('S06 the first look at a child gives a token without parent, the second none', async () => {
      const p = await createSession(core, { userDataInJWT: { a: 1 } });
      const child = await refresh(core, p);
      const { accessToken, session } = await looked(core, child);
      const claims = claimsOf(accessToken.token);
      assert.equal(claims.parentRefreshTokenHash1, null);
      assert.equal(claims.refreshTokenHash1, hash(child.refreshToken.token));
      assert.deepEqual(session.userDataInJWT, { a: 1 });
      assert.ok(!('accessToken' in await looked(core, { accessToken })));
      assert.equal(cell(p, 'LOWER(HEX(refresh_cur))'), hash(hash(child.refreshToken.token)));
    });

    it('S07 so does its first use for a refresh', async () => {
      const p = await createSession(core);
      const child = await refresh(core, p);
      await refresh(core, child);
      await theft(core, p);
    });

    it('S12 the end moves with a promotion alone', async () => {
      const p = await createSession(core);
      move(p, 'expires_us', -1000);
      const before = cell(p, 'expires_us');
      const child = await refresh(core, p);
      await refresh(core, p);
      assert.equal(cell(p, 'expires_us'), before);
      await looked(core, child);
      assert.ok(Number(cell(p, 'expires_us')) > Number(before));
    });

    it('S08 of 50 at once all get children, and one lineage survives', () => fifty(core));

    it('S08 of looks at siblings at once, one is the first', async () => {
      const p = await createSession(core);
      const children = (await together(10, () => refreshSession(core, p.refreshToken.token))).map((res) => assertStatus(res));
      const looks = (await together(10, (i) => verifySession(core, children[i].accessToken.token))).map((res) => assertStatus(res));
      assert.equal(looks.filter((res) => res.accessToken).length, 1);
      const winner = looks.findIndex((res) => res.accessToken);
      for (const [i, child] of children.entries()) {
        if (i !== winner) await theft(core, child);
      }
      await refresh(core, children[winner]);
    });
  });

  describe('from 5.6 on', () => {
    it('S09 a refresh token is used up at once, and gives tokens again within the grace', async () => {
      const p = await createSession(next);
      const one = await refresh(next, p);
      assert.equal(claimsOf(one.accessToken.token).parentRefreshTokenHash1, null);
      assert.equal(cell(p, 'LOWER(HEX(refresh_cur))'), hash(hash(one.refreshToken.token)));
      const expires = cell(p, 'expires_us');
      move(p, 'cur_issued_us', -20);
      const rotated = cell(p, 'cur_issued_us');
      const again = await refresh(next, p);
      assert.equal(cell(p, 'expires_us'), expires);
      assert.equal(cell(p, 'cur_issued_us'), rotated, 'the window does not slide');
      await refresh(next, again);
    });

    it('S09 after the grace it is theft, and the session has ended', async () => {
      const p = await createSession(next);
      await refresh(next, p);
      move(p, 'cur_issued_us', -31);
      assert.equal((await theft(next, p)).recentTokenReuseSubtype, 'RECENT_PREV');
      assert.ok(!await live(p));
      assertStatus(await refreshSession(next, p.refreshToken.token), 'UNAUTHORISED');
    });

    it('S09 the grace is the application\'s', async () => {
      const app = (await core.app({ refresh_token_rotation_grace_period: 5, recent_token_reuse_behaviour: 'UNAUTHORISED' })).with({ cdi: '5.6' });
      const p = await createSession(app);
      await refresh(app, p);
      move(p, 'cur_issued_us', -4);
      await refresh(app, p);
      move(p, 'cur_issued_us', -2);
      const gone = assertStatus(await refreshSession(app, p.refreshToken.token), 'UNAUTHORISED');
      assert.equal(gone.recentTokenReuseSubtype, 'RECENT_PREV');
      assertStatus(await app.get('/recipe/session', { sessionHandle: p.session.handle }), 'UNAUTHORISED');
    });

    it('S10 a child that was displaced is an orphan', async () => {
      const p = await createSession(next);
      const lost = await refresh(next, p);
      const kept = await refresh(next, p);
      assert.equal((await theft(next, lost)).recentTokenReuseSubtype, 'ORPHANED_BRANCH');
      assert.ok(!await live(p));
      assertStatus(await refreshSession(next, kept.refreshToken.token), 'UNAUTHORISED');
    });

    it('S10 older than the one before is always theft', async () => {
      const app = (await core.app({ recent_token_reuse_behaviour: 'UNAUTHORISED' })).with({ cdi: '5.6' });
      const p = await createSession(app);
      const one = await refresh(app, p);
      await refresh(app, one);
      assert.equal((await theft(app, p)).recentTokenReuseSubtype, 'STALE_LINEAGE');
      assertStatus(await app.get('/recipe/session', { sessionHandle: p.session.handle }), 'UNAUTHORISED');
    });

    it('S10 a look gives no token, and tells of a branch that was rotated out', async () => {
      const p = await createSession(next, { userDataInJWT: { a: 1 } });
      const one = await refresh(next, p);
      const look = async (s) => (await verifySession(next, s.accessToken.token, { checkDatabase: true })).json;
      assert.equal((await look(one)).payloadUpdateAvailable, false);
      assertStatus(await next.put('/recipe/jwt/data', { sessionHandle: p.session.handle, userDataInJWT: { a: 2 } }));
      const stale = await look(one);
      assert.deepEqual([stale.status, stale.payloadUpdateAvailable, 'accessToken' in stale], ['OK', true, false]);
      const two = await refresh(next, one);
      await refresh(next, two);
      assert.equal((await look(p)).status, 'UNAUTHORISED');
      assertStatus(await verifySession(next, p.accessToken.token));
    });

    it('S09 a session goes from version to version and back', async () => {
      const p = await createSession(core);
      const child = await refresh(core, p);
      const rotated = await refresh(next, child);
      const old = await refresh(core, rotated);
      assert.ok('accessToken' in await looked(core, old));
      await refresh(next, old);
    });

    it('S12 a lifetime that is asked for is shorter than the application\'s', async () => {
      const s = await createSession(next, { accessTokenValidity: 5000 });
      assert.equal(s.accessToken.expiry - s.accessToken.createdTime, 5000);
      const child = await refresh(next, s, { accessTokenValidity: 7000 });
      assert.equal(child.accessToken.expiry - child.accessToken.createdTime, 7000);
      for (const accessTokenValidity of [0, -1, 3600001]) {
        assertRefused(await refreshSession(next, child.refreshToken.token, { accessTokenValidity }), 400, "Field name 'accessTokenValidity' is invalid in JSON input");
      }
    });
  });
});

/* A worker has one connection to the database. */
throughCore({ name: 'with a pool of two connections', webs: ['lighttpd'], config: { server: { workers: 2 } } }, (core) => {
  it('S08 of 50 at once all get children and one lineage survives, and nothing locks up', () => fifty(core));
});

/* One worker, so that what it knows by then is known. */
throughCore({ name: 'without its database', webs: ['lighttpd'], ownDatabase: true, config: { server: { workers: 1 } } }, (core, web, stack) => {
  it('S14 C08 a look without checkDatabase needs none, and hello tells that it is away', async () => {
    const p = await createSession(core);
    const child = assertStatus(await refreshSession(core, p.refreshToken.token));
    assertStatus(await verifySession(core, p.accessToken.token));
    assert.equal((await core.get('/hello')).text.trim(), 'Hello');
    stack.databaseStop();
    assert.deepEqual(assertStatus(await verifySession(core, p.accessToken.token)).session, p.session);
    assertStatus(await verifySession(core, 'x'), 'TRY_REFRESH_TOKEN');
    /* What was found good counts for a second, unless something fails. */
    for (const path of ['/hello', '/']) await until(async () => (await core.get(path)).status === 500, `${path} to tell`);
    for (const res of [
      await verifySession(core, p.accessToken.token, { checkDatabase: true }), await verifySession(core, child.accessToken.token),
      await refreshSession(core, p.refreshToken.token),
    ]) assertRefused(res, 503);
    stack.databaseReturn();
    /* For a fifth of a second nobody asks it again. */
    await until(async () => (await core.get('/hello')).text.trim() === 'Hello', 'the database to be asked');
    assertStatus(await verifySession(core, child.accessToken.token));
  });
});
