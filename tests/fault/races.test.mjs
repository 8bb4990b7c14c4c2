// SPDX-License-Identifier: MIT
// Racing clients through both web servers; what counts is the state afterwards,
// not who was told what.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  assertOk, assertProblem, auditOf, bin, claimsOf, pastOverlap, sessionRow, together,
} from '../http/lib/checks.mjs';
import { assertEnded, assertLives, assertOnly, firm, login, logout, refresh, revoke, status, tallied } from './lib/asks.mjs';
import { breaking, full } from './lib/house.mjs';
import { Random, seed } from './lib/random.mjs';

const limit = { timeout: 240000 };
const rounds = full ? 300 : 8;

breaking({ proxy: false, config: { tokens: { refresh_overlap: 60 } } }, (house) => {
  const [web] = [house.web('lighttpd')];
  const side = (i) => house.web(house.wanted[i % 2]);
  const random = new Random(seed, 30);
  const live = (subject) => house.sql(`SELECT LOWER(HEX(id)) FROM session WHERE subject = '${subject}' AND revoked_us = 0`).map(([id]) => id);
  const again = (session) => web.signIn({ email: session.email, register: false });

  it('F30 one refresh token from 50 clients at once: one live generation, all are served, no alarm', limit, async (t) => {
    const session = await web.signIn();
    const answers = await together(50, (i) => refresh(side(i), session.refreshToken));
    t.diagnostic(JSON.stringify(tallied(answers)));
    assertOnly(answers, 200, 503);
    const children = answers.filter((res) => res.status === 200).map((res) => res.json);
    assert.ok(children.length > 40, `${children.length} of 50`);
    assert.equal(new Set(children.map((child) => child.refreshToken)).size, children.length);
    assert.equal(new Set(children.map((child) => claimsOf(child.accessToken).prh)).size, 1, 'one parent, one generation');
    /* All are used at once: one becomes the current one, the others beside it. */
    assertOnly(await together(children.length, (i) => status(side(i), children[i].accessToken)), 200);
    const next = await together(children.length, (i) => firm(() => refresh(side(i), children[i].refreshToken)));
    assertOnly(next, 200);
    assert.equal(new Set(next.map((res) => claimsOf(res.json.accessToken).prh)).size, 1, 'still one generation');
    assert.equal(sessionRow(house, session.sessionId, 'refresh_grand IS NULL')[0], '1', 'moved on once');
    assert.deepEqual(auditOf(house, 'token.reuse'), []);
    assert.equal(live(session.subject).length, 1);
  });

  it('F30 parents and children mixed at once: nobody is a thief', limit, async () => {
    const session = await web.signIn();
    const first = assertOk(await refresh(web, session.refreshToken));
    const answers = await together(24, (i) => refresh(side(i), i % 2 ? first.refreshToken : session.refreshToken));
    assertOnly(answers, 200, 503);
    assert.deepEqual(auditOf(house, 'token.reuse', { session: session.sessionId }), []);
    await assertLives(web, first);
  });

  it('F31 a used-up refresh token from many at once: the family ends once, both parties are out', limit, async () => {
    const session = await web.signIn();
    const bystander = await again(session);
    const first = assertOk(await refresh(web, session.refreshToken));
    const second = assertOk(await refresh(web, first.refreshToken));
    assertOk(await status(web, second.accessToken));
    pastOverlap(house, session.sessionId, 600);
    const answers = await together(12, (i) => refresh(side(i), session.refreshToken));
    assertOnly(answers, 401);
    assert.ok(answers.some((res) => res.json.code === 'TOKEN_THEFT_DETECTED'));
    for (const tokens of [session, first, second]) await assertEnded(web, tokens);
    assert.equal(auditOf(house, 'token.reuse', { session: session.sessionId }).length, 1);
    assert.deepEqual(live(session.subject), [bystander.sessionId.replaceAll('-', '')], 'that family only');
    await assertLives(web, bystander);
  });

  it('F32 revoke racing refresh: after revoke has answered nothing lives', limit, async (t) => {
    const by = await web.signIn();
    let beaten = 0;
    for (let round = 0; round < rounds; round += 1) {
      const session = await again(by);
      const child = assertOk(await firm(() => refresh(web, session.refreshToken)));
      const at = random.between(0, 7);
      const answers = await together(7, (i) => (i === at ? revoke(side(i), by, session.sessionId)
        : (i % 3 ? refresh : status)(side(i), i % 3 ? child.refreshToken : child.accessToken)));
      assert.equal(answers[at].status, 200, answers[at].text);
      const born = answers.filter((res, i) => i !== at && i % 3 && res.status === 200).map((res) => res.json);
      beaten += born.length;
      assertOnly(answers, 200, 401);
      assert.ok(!answers.some((res) => res.json.code === 'TOKEN_THEFT_DETECTED'));
      for (const tokens of [session, child, ...born.slice(0, 2)]) await assertEnded(side(round), tokens);
      assert.equal(sessionRow(house, session.sessionId, 'revoked_reason')[0], 'user');
    }
    t.diagnostic(`${rounds} rounds, ${beaten} refreshes came before the end`);
    assert.deepEqual(auditOf(house, 'token.reuse', { subject: by.subject }), []);
  });

  it('F32 A-15.4.2 many revoke one session at once: it ends once', limit, async () => {
    const by = await web.signIn();
    for (let round = 0; round < rounds; round += 1) {
      const session = await again(by);
      const answers = await together(8, (i) => (i % 4 ? revoke(side(i), by, session.sessionId) : logout(side(i), session)));
      assertOnly(answers, 200, 404);
      const events = house.sql(`SELECT 1 FROM event WHERE session_id = ${bin(session.sessionId)} AND kind LIKE 'session.%'`);
      assert.equal(events.length, 1);
      assert.ok(answers.filter((res, i) => i % 4 && res.status === 200).length <= 1);
      await assertEnded(web, session);
    }
  });

  it('F33 revoke-all racing sign-in: what came before is over, what comes after lives, the rest is one or the other', limit, async () => {
    const owner = await web.signIn();
    for (let round = 0; round < rounds; round += 1) {
      const by = await again(owner);
      const before = await again(owner);
      const cut = side(round).request('DELETE', '/api/auth/sessions/others', { headers: { Authorization: `Bearer ${by.accessToken}` } });
      const racing = await together(5, (i) => login(side(i), owner.email));
      assertOk(await cut);
      const after = await again(owner);
      assertOnly(racing, 200, 503);
      await assertEnded(web, before);
      await assertLives(web, by);
      await assertLives(web, after);
      const ids = live(owner.subject);
      for (const { json } of racing.filter((res) => res.status === 200)) {
        const lives = ids.includes(json.sessionId.replaceAll('-', ''));
        for (const each of house.webs) assert.equal((await firm(() => status(each, json.accessToken))).status, lives ? 200 : 401);
        assert.equal((await firm(() => refresh(web, json.refreshToken))).status, lives ? 200 : 401);
      }
      house.sql(`UPDATE session SET revoked_us = 1, revoked_reason = 'test' WHERE subject = '${owner.subject}' AND revoked_us = 0`);
    }
  });

  it('F33 the epoch of all sessions racing sign-in: before dies, after lives', limit, async () => {
    for (let round = 0; round < Math.ceil(rounds / 4); round += 1) {
      const owner = await web.signIn();
      const cut = house.control('session', 'revoke', '--all');
      const racing = await together(4, (i) => login(side(i), owner.email));
      await cut;
      const after = await again(owner);
      await assertEnded(web, owner);
      await assertLives(web, after);
      for (const { json } of racing.filter((res) => res.status === 200)) {
        const answers = await together(4, (i) => status(side(i), json.accessToken));
        assert.equal(new Set(answers.map((res) => res.status)).size, 1, 'one answer everywhere');
      }
    }
  });

  it('F34 disabling an account racing sign-in and refresh: nothing from before lives', limit, async () => {
    for (let round = 0; round < Math.ceil(rounds / 4); round += 1) {
      const owner = await web.signIn();
      const child = assertOk(await refresh(web, owner.refreshToken));
      const cut = house.control('user', 'disable', owner.email);
      const racing = await together(8, (i) => (i % 2 ? login(side(i), owner.email) : refresh(side(i), child.refreshToken)));
      await cut;
      assertProblem(await login(web, owner.email), 401, 'INVALID_CREDENTIALS');
      assert.deepEqual(live(owner.subject), []);
      await house.control('user', 'enable', owner.email);
      for (const tokens of [owner, child, ...racing.filter((res) => res.status === 200).map((res) => res.json)]) await assertEnded(side(round), tokens);
      await assertLives(web, await again(owner));
    }
  });
});

for (const policy of ['refuse', 'drop-oldest']) {
  breaking({ proxy: false, name: policy, config: { sessions: { limit: 3, limit_policy: policy } } }, (house) => {
    it(`I6 sign-ins at once never pass the limit of sessions (${policy})`, limit, async () => {
      const web = house.web();
      const owner = await web.signIn();
      const answers = await together(12, (i) => login(house.web(house.wanted[i % 2]), owner.email));
      assertOnly(answers, 200, 403, 503);
      const ids = house.sql(`SELECT LOWER(HEX(id)) FROM session WHERE subject = '${owner.subject}' AND revoked_us = 0`).map(([id]) => id);
      assert.ok(ids.length <= 3, `${ids.length} live`);
      if (policy === 'refuse') assert.equal(answers.filter((res) => res.status === 200).length, ids.length - 1);
      for (const { json } of answers.filter((res) => res.status === 200)) {
        assert.equal((await status(web, json.accessToken)).status, ids.includes(json.sessionId.replaceAll('-', '')) ? 200 : 401);
      }
    });
  });
}
