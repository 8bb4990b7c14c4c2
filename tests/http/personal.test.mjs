// SPDX-License-Identifier: MIT
// What is kept of one person: a whole copy of it, and its end.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, auditOf, bearer, bin, refresh, rfc3339, status } from './lib/checks.mjs';

through({}, (web, stack) => {
  const exported = (who) => JSON.parse(stack.ctl('user', 'export', who));

  /** A person with a bit of everything; their address is told apart by case. */
  async function person() {
    const who = await web.signIn();
    const headers = bearer(who.accessToken);
    await web.request('PATCH', `/api/auth/sessions/${who.sessionId}`, { headers, json: { label: 'Kitchen' } });
    await web.request('PUT', '/api/auth/session/data', { headers, json: { cart: ['tea'] } });
    const second = await web.signIn({ email: who.email, register: false });
    await web.request('DELETE', `/api/auth/sessions/${second.sessionId}`, { headers });
    stack.sql(`INSERT INTO totp (account_id, secret_sealed, last_step, created_us) VALUES (${bin(who.subject)}, REPEAT('s', 80), 0, 1000000);
      INSERT INTO recovery_code (account_id, code_hash, created_us) VALUES (${bin(who.subject)}, REPEAT('h', 32), 2000000);
      INSERT INTO trusted_device (account_id, device_id, created_us, expires_us) VALUES (${bin(who.subject)}, REPEAT('d', 16), 3000000, 9000000000000000);
      INSERT INTO account_country (account_id, country, first_us) VALUES (${bin(who.subject)}, 'DE', 4000000)`);
    return { ...who, second };
  }

  it('A-14.2.6 export tells everything that is kept of a person', async () => {
    const who = await person();
    for (const name of [who.email, who.subject]) {
      const all = exported(name);
      assert.deepEqual([all.id, all.email, all.name, all.status, all.roles, all.groups, all.hasPassword], [who.subject, who.email, 'Ann', 'active', ['USER'], [], true]);
      assert.match(all.createdAt, rfc3339);
      assert.deepEqual(all.factors.map((f) => f.name), ['totp', 'recovery-code']);
      assert.deepEqual(all.countries.filter((f) => f.name !== 'ZZ').map((f) => [f.name, f.since]), [['DE', '1970-01-01T00:00:04.000000Z']]);
      assert.deepEqual(all.trustedDevices.map((f) => f.name), ['64'.repeat(16)]);
      assert.deepEqual(all.sessions.map((s) => s.id), [who.sessionId, who.second.sessionId]);
      const [first, ended] = all.sessions;
      assert.deepEqual([first.label, first.browser, first.deviceType, first.ipAddress, first.data, first.endedAt], ['Kitchen', 'Chrome', 'desktop', '127.0.0.1', { cart: ['tea'] }, null]);
      assert.match(ended.endedAt, rfc3339);
      assert.equal(typeof ended.endedBy, 'string');
      const kinds = all.events.map((e) => e.kind);
      for (const kind of ['account.registered', 'auth.sign_in', 'session.revoked']) assert.ok(kinds.includes(kind), kind);
      assert.ok(all.events.every((e) => rfc3339.test(e.at)));
      assert.ok(all.events.some((e) => e.ipAddress === '127.0.0.1' && e.userAgent.startsWith('Mozilla/')));
    }
    assert.equal(auditOf(stack, 'account.exported', { subject: who.subject }).length, 2);
  });

  it('A-14.2.6 export holds no secret and nothing of anybody else', async () => {
    const [who, other] = [await person(), await web.signIn()];
    const text = stack.ctl('user', 'export', who.email);
    const hidden = stack.sql(`SELECT password_hash, HEX(email_hash), HEX(email_sealed) FROM account WHERE id = ${bin(who.subject)}
      UNION SELECT HEX(refresh_cur), HEX(device_id), id FROM session WHERE account_id = ${bin(who.subject)}`).flat().filter((v) => v.length > 20);
    assert.ok(hidden.length > 2);
    for (const secret of [...hidden, who.password, who.refreshToken, who.accessToken, '68'.repeat(32), other.email, other.subject, other.sessionId]) {
      assert.ok(!text.toLowerCase().includes(secret.toLowerCase()), secret);
    }
  });

  it('A-14.2.7 A-7.4.2 erase ends account, sessions and all else at once, and makes the events nobody\'s', async () => {
    const [who, other] = [await person(), await web.signIn()];
    const mine = stack.sql(`SELECT COUNT(*) FROM event WHERE subject = '${who.subject}'`)[0][0];
    const theirs = stack.sql(`SELECT * FROM event WHERE subject = '${other.subject}'`);
    const [row] = stack.ctlRows('user', 'erase', who.email);
    assert.equal(row.id, who.subject);
    assert.equal(row.events, Number(mine) + 1, 'the deletion is an event too');
    for (const each of [web, web.other]) {
      assertProblem(await status(each, who.accessToken), 401, 'SESSION_INVALID');
      assertProblem(await each.request('POST', '/api/auth/login', { json: { email: who.email, password: who.password } }), 401, 'INVALID_CREDENTIALS');
    }
    assert.equal((await refresh(web, who.refreshToken)).status, 401);
    for (const table of ['session', 'totp', 'recovery_code', 'trusted_device', 'account_country', 'account_role', 'challenge', 'outbox']) {
      assert.equal(stack.sql(`SELECT COUNT(*) FROM ${table} WHERE account_id = ${bin(who.subject)}`)[0][0], '0', table);
    }
    assert.equal(stack.sql(`SELECT COUNT(*) FROM event WHERE subject = '${who.subject}'`)[0][0], '0');
    const [{ subject: alias }] = auditOf(stack, 'account.erased').slice(-1);
    const given = stack.sql(`SELECT kind, HEX(ip), user_agent, detail FROM event WHERE subject = '${alias}'`);
    assert.equal(given.length, row.events + 1);
    for (const [, ip, agent, detail] of given) assert.deepEqual([ip, agent, detail], ['0'.repeat(32), '', '{}']);
    assert.deepEqual(stack.sql(`SELECT * FROM event WHERE subject = '${other.subject}'`), theirs);
    assertOk(await status(web, other.accessToken));
  });

  /** What an application's back end keeps of somebody, under a name of its own
   *  and under the account's. */
  function kept(who, external) {
    stack.sql(`INSERT INTO app_user_map (realm_id, user_id, external_id) VALUES (1, '${who.subject}', '${external}');
      INSERT INTO app_user_metadata (realm_id, user_id, metadata) VALUES (1, '${external}', '{"plan":7}'), (1, '${who.subject}', '{"old":true}');
      INSERT IGNORE INTO app_role (realm_id, role) VALUES (1, 'reader');
      INSERT INTO app_user_role (realm_id, user_id, role, app_id) VALUES (1, '${external}', 'reader', 1);
      INSERT INTO app_verified_email (realm_id, user_id, email_hash) VALUES (1, '${who.subject}', REPEAT('v', 32));
      INSERT INTO event (id, realm_id, at_us, kind, subject, ip) VALUES (UNHEX(REPLACE(UUID(), '-', '')), 1, 5000000, 'session.started', '${external}', REPEAT('i', 16))`);
  }

  it('A-14.2.6 A-14.2.7 what applications keep of a person is told, and ends with the account', async () => {
    const [who, external] = [await web.signIn(), `legacy-${Math.random()}`];
    kept(who, external);
    const all = exported(who.email);
    assert.deepEqual([all.tenants, all.externalIds, all.applicationRoles].map((list) => list.map((f) => f.name)), [['public'], [external], ['public/reader']]);
    assert.deepEqual(all.metadata.map((m) => m.plan ?? m.old).sort(), [7, true]);
    stack.ctl('user', 'erase', who.email);
    for (const [table, column] of [['app_user_map', 'user_id'], ['app_user_metadata', 'user_id'], ['app_user_role', 'user_id'], ['app_verified_email', 'user_id'], ['event', 'subject']]) {
      assert.equal(stack.sql(`SELECT COUNT(*) FROM ${table} WHERE ${column} IN ('${who.subject}', '${external}')`)[0][0], '0', table);
    }
  });

  it('erase may be repeated by id; export then finds nobody', async () => {
    const who = await web.signIn();
    stack.ctl('user', 'erase', who.subject);
    const erased = auditOf(stack, 'account.erased').length;
    assert.deepEqual(stack.ctlRows('user', 'erase', who.subject), [{ id: who.subject, events: 0 }]);
    assert.equal(auditOf(stack, 'account.erased').length, erased);
    for (const name of [who.email, who.subject, 'no id at all']) assert.equal(stack.ctlFails('user', 'export', name).code, 1);
    assert.equal(stack.ctlFails('user', 'erase', who.email).code, 1);
    for (const verb of ['export', 'erase']) assert.equal(stack.ctlFails('user', verb).code, 2);
  });

  it('the address is free again, and a new account has nothing of the old one', async () => {
    const who = await person();
    stack.ctl('user', 'erase', who.email);
    const again = await web.signIn({ email: who.email });
    assert.notEqual(again.subject, who.subject);
    const all = exported(who.email);
    assert.deepEqual([all.sessions.length, all.factors, all.countries.map((f) => f.name), all.trustedDevices], [1, [], ['ZZ'], []]);
  });

  it('the last administrator is not erased, nor are their events', async () => {
    const boss = await web.signIn();
    stack.sql(`DELETE FROM account_role WHERE role = 'ADMIN'; INSERT INTO account_role (account_id, role) VALUES (${bin(boss.subject)}, 'ADMIN')`);
    assert.equal(stack.ctlFails('user', 'erase', boss.email).code, 1);
    assert.ok(exported(boss.email).events.length > 0);
    stack.sql("DELETE FROM account_role WHERE role = 'ADMIN'");
  });
});
