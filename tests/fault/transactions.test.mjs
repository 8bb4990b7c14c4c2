// SPDX-License-Identifier: MIT
// Connections that break at a chosen packet, deadlocks and lock waits: a write is
// wholly there or not at all, and what a client is told is true.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assertOk, auditOf, bin, sessionRow } from '../http/lib/checks.mjs';
import { until } from '../http/lib/process.mjs';
import { assertAway, assertEnded, assertLives, firm, login, logout, refresh, revoke, status } from './lib/asks.mjs';
import { breaking, full } from './lib/house.mjs';
import { SqlSession } from './lib/sql.mjs';

const limit = { timeout: 120000 };

const sessionsIn = (house, subject) => house.sql(`SELECT LOWER(HEX(id)) FROM session WHERE subject = '${subject}' ORDER BY created_us`).map(([id]) => id);
const signInsIn = (house, subject) => auditOf(house, 'auth.sign_in', { subject }).map((event) => event.session).sort();

/* innodb_lock_wait_timeout of the service is 3 s: it must be heard. */
for (const name of ['lighttpd', 'apache']) breaking({ name: `behind ${name}`, webs: [name], config: { database: { read_timeout: 6 } } }, (house) => {
  const row = (title, body) => it(`${title} (${name})`, limit, async (t) => {
    await house.proxy.heal();
    await house.ready();
    await body(house.web(name), t);
  });
  /* What has nothing to do with the web server, by one of them. */
  const once = name === 'lighttpd' ? row : () => {};
  const sessionsOf = (subject) => sessionsIn(house, subject);
  const signIns = (subject) => signInsIn(house, subject);
  const holds = () => Number(house.sql('SELECT COALESCE(SUM(CAST(used AS SIGNED)), 0) FROM throttle WHERE used > 0')[0][0]);

  /** Every session of a subject has its sign-in event, and no event lacks one. */
  const assertWhole = (subject) => assert.deepEqual(signIns(subject), sessionsOf(subject).sort());

  row('F10 connection lost before COMMIT is sent: the operation is absent, the client is told 503', async (web) => {
    const session = await web.signIn();
    await house.proxy.cut({ match: '^COMMIT' });
    assertAway(await login(web, session.email));
    assert.equal(sessionsOf(session.subject).length, 1);
    await house.proxy.cut({ match: '^COMMIT' });
    assertAway(await revoke(web, session, session.sessionId));
    await house.proxy.cut({ match: '^COMMIT' });
    assertAway(await logout(web, session));
    assert.equal(auditOf(house, 'session.sign_out', { subject: session.subject }).length, 0);
    await assertLives(web, session);
    assertWhole(session.subject);
  });

  row('F11 outcome of a sign-in unknown: 503, whole if there; another try gives a good session', async (web) => {
    const session = await web.signIn();
    await house.proxy.cut({ match: '^COMMIT', where: 'after' });
    assertAway(await login(web, session.email));
    await until(() => sessionsOf(session.subject).length === 2, 'the commit nobody was told of');
    assertWhole(session.subject);
    const again = assertOk(await firm(() => login(web, session.email)));
    await assertLives(web, again);
    assertWhole(session.subject);
    assert.equal(sessionsOf(session.subject).length, 3);
  });

  row('F11 outcome of a refresh unknown: the same token again gives a sibling, no alarm', async (web) => {
    const session = await web.signIn();
    const child = assertOk(await refresh(web, session.refreshToken));
    await house.proxy.cut({ match: '^UPDATE session SET refresh_cur', where: 'after' });
    assertAway(await refresh(web, child.refreshToken));
    const next = assertOk(await firm(() => refresh(web, child.refreshToken)));
    await assertLives(web, next);
    assert.deepEqual(auditOf(house, 'token.reuse', { session: session.sessionId }), []);
  });

  row('F11 first use of a token while its generation cannot be moved on: the check still answers', async (web) => {
    const session = await web.signIn();
    const child = assertOk(await refresh(web, session.refreshToken));
    await house.proxy.cut({ match: '^UPDATE session SET refresh_cur', where: 'after' });
    assertOk(await status(web, child.accessToken));
    await assertLives(web, child);
    assert.deepEqual(auditOf(house, 'token.reuse', { session: session.sessionId }), []);
  });

  row('F11 outcome of a sign-out unknown: 503; over for good, and once in the audit', async (web) => {
    for (const end of [logout, (each, s) => revoke(each, s, s.sessionId)]) {
      const session = await web.signIn();
      await house.proxy.cut({ match: '^COMMIT', where: 'after' });
      assertAway(await end(web, session));
      await until(() => sessionRow(house, session.sessionId, 'revoked_us')[0] !== '0', 'the commit nobody was told of');
      await assertEnded(web, session);
      assert.ok([200, 401].includes((await firm(() => end(web, session))).status));
      const kinds = house.sql(`SELECT kind FROM event WHERE session_id = ${bin(session.sessionId)} AND kind LIKE 'session.%'`);
      assert.equal(kinds.length, 1);
    }
  });

  row('F11 outcome of a sign-up unknown: the same again is answered the same, and lets in', async (web) => {
    const account = { email: 'unknown@example.org', password: 'a long enough phrase' };
    const register = () => web.request('POST', '/api/auth/register', { json: account });
    await house.proxy.cut({ match: '^COMMIT', where: 'after' });
    assertAway(await register());
    assertOk(await firm(register));
    await assertLives(web, assertOk(await firm(() => login(web, account.email))));
  });

  once('F2 cut before and after every command of a sign-in, a refresh and a sign-out: never half', async (web, t) => {
    const session = await web.signIn();
    let cuts = 0;
    for (const where of ['before', 'after']) {
      for (let nth = 1, before = -1; before !== cuts; nth += 1) {
        before = cuts;
        const held = assertOk(await firm(() => login(web, session.email)));
        const child = assertOk(await firm(() => refresh(web, held.refreshToken)));
        await house.ready({ rounds: 4 });
        for (const act of [() => login(web, session.email), () => refresh(web, child.refreshToken), () => logout(web, held)]) {
          const { cuts: was } = await house.proxy.counts();
          await house.proxy.cut({ nth, where });
          const res = await act();
          await house.proxy.heal();
          cuts += (await house.proxy.counts()).cuts - was;
          if (res.status !== 200) assertAway(res);
        }
        const [revoked] = sessionRow(house, held.sessionId, 'revoked_us <> 0');
        if (revoked === '1') await assertEnded(web, held);
        else await assertLives(web, child);
        assertWhole(session.subject);
      }
    }
    assert.ok(cuts > 20, `${cuts} cuts`);
    t.diagnostic(`${cuts} cuts`);
    assert.equal(auditOf(house, 'token.reuse').length, 0);
    assertOk(await firm(() => login(web, session.email)));
  });

  once('F6 an answer of the database cut at any byte: the right answer or 503, never a word about tokens', async (web, t) => {
    const session = await web.signIn();
    const told = {};
    const acts = { status: () => status(web, session.accessToken), refresh: () => refresh(web, session.refreshToken), login: () => login(web, session.email) };
    for (const [name, act] of Object.entries(acts)) {
      for (let bytes = 1; bytes < 2400; bytes += full ? 3 : 1 + Math.floor(bytes / 6)) {
        await house.proxy.cut({ match: '^SELECT', where: 'after', bytes });
        const res = await act();
        await house.proxy.heal();
        told[`${name} ${res.status}`] = (told[`${name} ${res.status}`] ?? 0) + 1;
        if (res.status !== 200) assertAway(res);
        assertOk(await firm(act));
      }
    }
    t.diagnostic(JSON.stringify(told));
    assert.deepEqual(auditOf(house, 'token.reuse', { session: session.sessionId }), []);
  });

  once('F14 deadlock: rolled back and tried again, unseen', async (web) => {
    const session = await web.signIn();
    const deadlocks = () => Number(house.sql("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")[0][1]);
    const before = deadlocks();
    house.sql('CREATE TABLE IF NOT EXISTS ballast (n INT PRIMARY KEY) ENGINE=InnoDB; DELETE FROM ballast');
    const other = new SqlSession(house.socket, house.schema);
    await other.run('SELECT 1');
    /* The sign-in holds the account and comes late to the throttle. */
    await house.proxy.delay(1500, '^UPDATE throttle');
    const signIn = login(web, session.email);
    await until(async () => (await house.proxy.counts()).waiting > 0, 'the sign-in to be under way');
    /* Heavier, so that the other side is the victim. */
    await other.run('BEGIN; INSERT INTO ballast SELECT seq FROM seq_1_to_500; SELECT COUNT(*) FROM (SELECT 1 FROM throttle FOR UPDATE) t');
    const blocked = other.run(`UPDATE account SET updated_us = updated_us + 1 WHERE id = (SELECT account_id FROM session WHERE id = ${bin(session.sessionId)})`);
    await until(() => deadlocks() > before, 'a deadlock');
    await blocked;
    await other.run('COMMIT');
    await other.end();
    assertOk(await signIn);
    assert.equal(sessionsOf(session.subject).length, 2);
    assertWhole(session.subject);
  });

  row('F14 a deadlock that comes back every time: tried four times, then 503, and nothing of it', async (web) => {
    const session = await web.signIn();
    const before = holds();
    const { cuts } = await house.proxy.counts();
    await house.proxy.cut({ match: '^INSERT INTO session', where: 'refuse', number: 1213, times: 99 });
    assertAway(await login(web, session.email));
    const tries = (await house.proxy.counts()).cuts - cuts;
    assert.ok(tries > 1 && tries <= 4, `${tries} tries`);
    await house.proxy.heal();
    assert.equal(holds(), before, 'the try was given back');
    assert.equal(sessionsOf(session.subject).length, 1);
    assertWhole(session.subject);
    assertOk(await login(web, session.email));
  });

  for (const [what, number] of [['F12 a replica', 1290], ['F12 a replica', 1836], ['F12 a replica', 1792], ['F18 a full disk', 1021], ['F18 a full disk', 1114], ['F16 too many connections', 1040]]) {
    once(`${what}: error ${number} in the middle of any write is 503, and nothing of it stays`, async (web) => {
      const session = await web.signIn();
      for (const match of ['^INSERT INTO session', '^INSERT INTO event', '^UPDATE throttle', '^UPDATE session']) {
        const other = await web.signIn({ email: session.email, register: false });
        const { cuts } = await house.proxy.counts();
        await house.proxy.cut({ match, where: 'refuse', number, times: 99 });
        const told = [await login(web, session.email), await logout(web, other)];
        assert.ok((await house.proxy.counts()).cuts > cuts, match);
        await house.proxy.heal();
        assert.ok(told.some((res) => res.status === 503));
        for (const res of told.filter((each) => each.status !== 200)) assertAway(res);
        assertWhole(session.subject);
        await (told[1].status === 200 ? assertEnded : assertLives)(web, other);
      }
      await assertLives(web, session);
    });
  }

  once('F15 lock wait timeout: all of the transaction is rolled back, 503, nothing stays held', async (web) => {
    const session = await web.signIn();
    const before = holds();
    const other = new SqlSession(house.socket, house.schema);
    await other.run(`BEGIN; SELECT id FROM account WHERE id = (SELECT account_id FROM session WHERE id = ${bin(session.sessionId)}) FOR UPDATE`);
    assertAway(await login(web, session.email));
    await other.run(`ROLLBACK; BEGIN; SELECT id FROM session WHERE id = ${bin(session.sessionId)} FOR UPDATE`);
    assertAway(await logout(web, session));
    assertOk(await status(web, session.accessToken));
    assert.equal(house.sql('SELECT 1 FROM information_schema.innodb_trx').length, 1, 'no transaction of ours is left open');
    await other.run('ROLLBACK');
    await other.end();
    assert.equal(sessionsOf(session.subject).length, 1);
    assert.equal(holds(), before, 'the try was given back');
    assert.equal(auditOf(house, 'session.sign_out', { subject: session.subject }).length, 0);
    await assertLives(web, session);
    assertOk(await login(web, session.email));
  });

  once('F11 a try that a fault cut short is given back to the budget', async (web) => {
    const session = await web.signIn();
    const before = holds();
    for (let i = 0; i < 3; i += 1) {
      await house.proxy.cut({ match: '^COMMIT', where: 'before' });
      assertAway(await login(web, session.email));
      assert.equal(holds(), before);
    }
    assertOk(await firm(() => login(web, session.email)));
    assert.equal(holds(), before);
  });
});

breaking({ name: 'with one worker, which is killed', webs: ['lighttpd'], config: { server: { workers: 1 } } }, (house) => {
  it('F2 A-2.3.3 worker killed before and after every statement of a sign-in, a refresh and a sign-out: never half, the next one works', limit, async (t) => {
    const web = house.web('lighttpd');
    const session = await web.signIn();
    let kills = 0;
    for (const where of ['hold', 'mute']) {
      for (let nth = 1, before = -1; before !== kills; nth += 1) {
        before = kills;
        const held = assertOk(await firm(() => login(web, session.email)));
        const child = assertOk(await firm(() => refresh(web, held.refreshToken)));
        for (const act of [() => login(web, session.email), () => refresh(web, child.refreshToken), () => logout(web, held)]) {
          assertOk(await firm(() => status(web, session.accessToken)));
          const { cuts } = await house.proxy.counts();
          await house.proxy.cut({ nth, where });
          const answer = act().catch(() => ({ status: 0 }));
          let over = false;
          answer.then(() => { over = true; });
          await until(async () => over || (await house.proxy.counts()).cuts > cuts, 'the statement');
          const killed = !over;
          if (killed) {
            process.kill(house.poolWorkers().at(-1), 'SIGKILL');
            kills += 1;
          }
          const res = await answer;
          await house.proxy.heal();
          assert.ok((killed ? [0, 500, 502, 503] : [200]).includes(res.status), `${res.status} ${res.text}`);
        }
        const [revoked] = sessionRow(house, held.sessionId, 'revoked_us <> 0');
        if (revoked === '1') await assertEnded(web, held);
        else await assertLives(web, child);
        assert.deepEqual(signInsIn(house, session.subject), sessionsIn(house, session.subject).sort());
      }
    }
    t.diagnostic(`${kills} kills`);
    assert.ok(kills > 20, `${kills} kills`);
    assert.equal(auditOf(house, 'token.reuse').length, 0);
    assertOk(await firm(() => login(web, session.email)));
  });
});
