// SPDX-License-Identifier: MIT
// Roles, administrators and other people's accounts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { admin, caller } from './lib/admins.mjs';
import {
  assertInvalid, assertOk, assertProblem, auditOf, bin, claimsOf, refresh, status, tally, together,
} from './lib/checks.mjs';

const unknown = '01890a5d-ac96-774b-bcce-b302099a8057';

through({ config: { step_up: { admin: 'no' }, accounts: { roles: 'EDITOR WRITER_2' } } }, (web, stack) => {
  const only = () => stack.sql("DELETE FROM account_role WHERE role = 'ADMIN'");

  describe('roles', () => {
    it('ROL-2 A-8.3.2 granting and revoking ADMIN ends the person\'s access tokens at once, on every worker', async () => {
      const root = await admin(web, stack);
      const person = await web.signIn();
      for (const [method, roles] of [['POST', ['ADMIN', 'USER']], ['DELETE', ['USER']]]) {
        const { accessToken, refreshToken } = person;
        const answer = assertOk(await root.call(method, `/api/admins/${person.subject}`));
        assert.deepEqual(answer.roles, roles);
        assert.equal(answer.email, person.email);
        for (const res of await together(12, () => status(web, accessToken))) assertProblem(res, 401, 'ACCESS_TOKEN_EXPIRED');
        assertProblem(await status(web.other, accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
        const next = assertOk(await refresh(web, refreshToken));
        assert.deepEqual(next.principal.roles, roles);
        assert.deepEqual(claimsOf(next.accessToken).roles, roles);
        Object.assign(person, next);
      }
      const [event] = auditOf(stack, 'role.granted', { subject: person.subject });
      assert.deepEqual(JSON.parse(event.detail), { role: 'ADMIN', by: root.subject });
      assert.equal(auditOf(stack, 'role.revoked', { subject: person.subject }).length, 1);
    });

    it('ROL-2 both are idempotent, and what changes nothing ends no token', async () => {
      const root = await admin(web, stack);
      const person = await web.signIn();
      assertOk(await root.call('DELETE', `/api/admins/${person.subject}`));
      assertOk(await root.call('PUT', `/api/users/${root.subject}/roles/ADMIN`));
      assertOk(await status(web, person.accessToken));
      assertOk(await status(web, root.accessToken));
    });

    it('ROL-2 the last administrator stays, also when two are asked to go at the same time', async () => {
      only();
      const [a, b] = [await admin(web, stack), await admin(web, stack)];
      const answers = await Promise.all([
        a.call('DELETE', `/api/admins/${b.subject}`), b.call('DELETE', `/api/admins/${a.subject}`),
        b.call('DELETE', `/api/users/${a.subject}`), a.call('POST', `/api/users/${b.subject}/disable`),
      ]);
      for (const res of answers) assert.ok([200, 401, 403, 404, 409].includes(res.status), res.text);
      const left = stack.sql("SELECT COUNT(*) FROM account_role r JOIN account a ON a.id = r.account_id WHERE role = 'ADMIN' AND status = 'active'");
      assert.equal(left[0][0], '1', JSON.stringify(tally(answers)));
      const root = await admin(web, stack);
      only();
      stack.ctl('role', 'grant', root.email, 'ADMIN');
      const alone = caller(web, { ...root, ...assertOk(await refresh(web, root.refreshToken)) });
      for (const [method, path] of [['DELETE', `/api/admins/${root.subject}`], ['DELETE', `/api/users/${root.subject}`],
        ['POST', `/api/users/${root.subject}/disable`], ['DELETE', `/api/users/${root.subject}/roles/ADMIN`]]) {
        assertProblem(await alone.call(method, path), 409, 'AT_LEAST_ONE_ADMIN_REQUIRED');
      }
      assertOk(await status(web, alone.accessToken));
      assert.match(stack.ctlFails('role', 'revoke', root.email, 'ADMIN').stderr, /At least one administrator/);
      assert.match(stack.ctlFails('user', 'delete', root.email).stderr, /At least one administrator/);
    });

    it('own roles are granted and revoked; others are unknown, and USER and GUEST are fixed', async () => {
      const root = await admin(web, stack);
      const person = await web.signIn();
      const roles = (role) => `/api/users/${person.subject}/roles/${role}`;
      assert.deepEqual(assertOk(await root.call('PUT', roles('WRITER_2'))).roles, ['USER', 'WRITER_2']);
      assert.deepEqual(assertOk(await root.call('DELETE', roles('WRITER_2'))).roles, ['USER']);
      for (const role of ['NOPE', 'editor', 'EDITOR%20', 'a%22b']) assertProblem(await root.call('PUT', roles(role)), 404, 'ROLE_NOT_FOUND');
      for (const role of ['USER', 'GUEST']) {
        for (const method of ['PUT', 'DELETE']) assertProblem(await root.call(method, roles(role)), 400, 'ROLE_CANNOT_BE_CHANGED');
      }
      for (const id of [unknown, 'no-id']) {
        assertProblem(await root.call('POST', `/api/admins/${id}`), 404, 'USER_NOT_FOUND');
        assertProblem(await root.call('PUT', `/api/users/${id}/roles/EDITOR`), 404, 'USER_NOT_FOUND');
      }
    });

    it('GET /api/admins lists who is one', async () => {
      const root = await admin(web, stack);
      const list = assertOk(await root.call('GET', '/api/admins'));
      assert.ok(list.content.some((u) => u.id === root.subject));
      assert.ok(list.content.every((u) => u.roles.includes('ADMIN')));
    });
  });

  describe('accounts', () => {
    it('USR-1 GET /api/users/{id} gives an overview, all of it to administrators only', async () => {
      const root = await admin(web, stack);
      const [person, other] = [caller(web, await web.signIn()), await web.signIn()];
      assert.deepEqual(assertOk(await person.call('GET', `/api/users/${other.subject}`)), { id: other.subject, name: 'Ann', roles: ['USER'] });
      assert.equal(assertOk(await root.call('GET', `/api/users/${other.subject}`)).email, other.email);
      for (const id of [unknown, 'no-id']) assertProblem(await person.call('GET', `/api/users/${id}`), 404, 'USER_NOT_FOUND');
      assertProblem(await web.request('GET', `/api/users/${other.subject}`), 401, 'AUTHENTICATION_REQUIRED');
    });

    it('USR-3 A-7.4.2 deleting an account ends its tokens at once and leaves no row but its events', async () => {
      const root = await admin(web, stack);
      const person = await web.signIn();
      assertOk(await root.call('DELETE', `/api/users/${person.subject}`));
      assertProblem(await status(web, person.accessToken), 401, 'SESSION_INVALID');
      assertProblem(await refresh(web.other, person.refreshToken), 401, 'SESSION_INVALID');
      assertProblem((await web.signIn({ ...person, register: false })).login, 401, 'INVALID_CREDENTIALS');
      assertProblem(await root.call('DELETE', `/api/users/${person.subject}`), 404, 'USER_NOT_FOUND');
      assert.equal(stack.sql(`SELECT COUNT(*) FROM session WHERE subject = '${person.subject}'`)[0][0], '0');
      const [event] = auditOf(stack, 'account.deleted', { subject: person.subject });
      assert.deepEqual(JSON.parse(event.detail), { by: root.subject });
    });

    it('A-7.4.2 disabling ends every session and refuses sign-in until it is enabled again', async () => {
      const root = await admin(web, stack);
      const person = await web.signIn();
      assert.equal(assertOk(await root.call('POST', `/api/users/${person.subject}/disable`)).status, 'disabled');
      assertProblem(await status(web, person.accessToken), 401, 'SESSION_INVALID');
      assertProblem((await web.signIn({ ...person, register: false })).login, 401, 'INVALID_CREDENTIALS');
      assert.equal(assertOk(await root.call('POST', `/api/users/${person.subject}/enable`)).status, 'active');
      assertProblem(await refresh(web, person.refreshToken), 401, 'SESSION_INVALID');
      assertOk((await web.signIn({ ...person, register: false })).login);
      const [event] = auditOf(stack, 'account.disabled', { subject: person.subject });
      assert.deepEqual(JSON.parse(event.detail), { by: root.subject });
    });

    it('A-7.4.5 sessions of one person are listed and ended, one or all', async () => {
      const root = await admin(web, stack);
      const person = await web.signIn();
      const more = [];
      for (let i = 0; i < 2; i += 1) more.push(await web.signIn({ email: person.email, register: false }));
      const path = `/api/users/${person.subject}/sessions`;
      const list = assertOk(await root.call('GET', path));
      assert.deepEqual(list.map((s) => s.id).sort(), [person, ...more].map((s) => s.sessionId).sort());
      assert.ok(list.every((s) => !s.current));
      assertOk(await root.call('DELETE', `${path}/${more[0].sessionId}`));
      assertProblem(await status(web, more[0].accessToken), 401, 'SESSION_INVALID');
      for (const id of [unknown, 'no-id', root.sessionId, more[0].sessionId]) assertProblem(await root.call('DELETE', `${path}/${id}`), 404, 'NOT_FOUND');
      assert.deepEqual(assertOk(await root.call('DELETE', path)), { success: true, count: 2 });
      for (const s of [person, more[1]]) assertProblem(await status(web, s.accessToken), 401, 'SESSION_INVALID');
      const [event] = auditOf(stack, 'session.revoked_many', { subject: person.subject });
      assert.deepEqual(JSON.parse(event.detail), { reason: 'admin', count: 2, by: root.subject });
      for (const [method, at] of [['GET', ''], ['DELETE', ''], ['DELETE', `/${unknown}`]]) {
        assertProblem(await root.call(method, `/api/users/${unknown}/sessions${at}`), 404, 'USER_NOT_FOUND');
      }
    });

    it('A-7.4.5 everybody\'s sessions end by one write', async () => {
      const root = await admin(web, stack);
      const people = [await web.signIn(), await web.signIn()];
      assertOk(await root.call('DELETE', '/api/sessions'));
      for (const s of [root, ...people]) assertProblem(await status(web, s.accessToken), 401, 'SESSION_INVALID');
      assert.equal(stack.sql(`SELECT revoked_us FROM session WHERE id = ${bin(root.sessionId)}`)[0][0], '0');
    });
  });

  describe('search', () => {
    const found = async (root, query) => assertOk(await root.call('GET', `/api/users?${query}`));

    it('USR-2 finds by address, role, group, time, activity and status, in pages', async () => {
      const root = await admin(web, stack);
      const people = [];
      for (let i = 0; i < 3; i += 1) people.push(await web.signIn());
      const [a, b, c] = people;
      const key = `g${Math.random().toString(36).slice(2)}`;
      stack.ctl('group', 'create', key);
      for (const p of [a, b]) stack.ctl('group', 'add', key, p.email);
      stack.ctl('role', 'grant', b.email, 'EDITOR');
      stack.ctl('user', 'disable', c.email);
      const ids = async (query) => (await found(root, query)).content.map((u) => u.id);
      assert.deepEqual(await ids(`email=${encodeURIComponent(a.email.toUpperCase())}`), [a.subject]);
      assert.deepEqual(await ids('email=nobody'), []);
      assert.deepEqual(await ids(`groups=${key}`), [b.subject, a.subject]);
      assert.deepEqual(await ids(`groups=${key}&sort=createdAt,asc`), [a.subject, b.subject]);
      assert.deepEqual(await ids(`groups=nope,${key}&roles=EDITOR,WRITER_2`), [b.subject]);
      assert.deepEqual(await ids(`email=${encodeURIComponent(c.email)}&status=disabled`), [c.subject]);
      assert.deepEqual(await ids(`email=${encodeURIComponent(c.email)}&status=active`), []);
      const all = (await found(root, `groups=${key}`)).content;
      const [newer, older] = [all[0].createdAt, all[1].createdAt];
      assert.deepEqual(await ids(`groups=${key}&createdAtAfter=${newer}`), [b.subject]);
      assert.deepEqual(await ids(`groups=${key}&createdAtBefore=${newer}`), [a.subject]);
      assert.deepEqual(await ids(`groups=${key}&createdAtAfter=${older}&createdAtBefore=${newer}`), [a.subject]);
      stack.sql(`UPDATE session SET active_us = active_us - 7200000000 WHERE subject = '${a.subject}'`);
      const hourAgo = new Date(Date.now() - 3600e3).toISOString();
      assert.deepEqual(await ids(`groups=${key}&lastActiveAfter=${hourAgo}`), [b.subject]);
      assert.deepEqual(await ids(`groups=${key}&lastActiveBefore=${hourAgo}`), [a.subject]);
      const page = await found(root, `groups=${key}&size=1&page=1`);
      assert.deepEqual(page.content.map((u) => u.id), [a.subject]);
      assert.deepEqual(page.page, { size: 1, number: 1, totalElements: 2, totalPages: 2 });
      assert.equal(typeof page.content[0].lastActiveAt, 'string');
    });

    for (const [query, field] of [['size=101', 'size'], ['size=0', 'size'], ['page=-1', 'page'], ['page=10000', 'page'], ['sort=email', 'sort'],
      ['status=gone', 'status'], ['createdAtAfter=yesterday', 'createdAtAfter'], ['createdAtAfter=2026-02-30T00:00:00Z', 'createdAtAfter'],
      ['lastActiveBefore=2026-01-01', 'lastActiveBefore'], ['roles=', 'roles'], ['roles=A,,B', 'roles'], ['groups=a,b,c,d,e,f,g,h,i', 'groups']]) {
      it(`USR-2 refuses ?${query}`, async () => {
        assertInvalid(await (await admin(web, stack)).call('GET', `/api/users?${query}`), field, 'WRONG_VALUE');
      });
    }

    it('a parameter that comes twice is refused', async () => {
      assertProblem(await (await admin(web, stack)).call('GET', '/api/users?size=1&size=2'), 400, 'BAD_REQUEST');
    });
  });

  describe('gatehousectl', () => {
    it('ROL-3 makes the first administrator and tells who has a role', async () => {
      const person = await web.signIn();
      stack.ctl('role', 'grant', person.email, 'ADMIN');
      assertProblem(await status(web, person.accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
      assert.ok(stack.ctlRows('role', 'list', 'ADMIN').some((row) => row.id === person.subject));
      const [row] = stack.ctlRows('user', 'show', person.email);
      assert.deepEqual([row.id, row.roles, row.groups], [person.subject, 'ADMIN USER', null]);
      for (const args of [['role', 'grant', person.email, 'NOPE'], ['role', 'grant', 'nobody@example.org', 'ADMIN'], ['user', 'show', unknown],
        ['user', 'delete', unknown]]) assert.equal(stack.ctlFails(...args).code, 1, args.join(' '));
      assert.equal(stack.ctlFails('role', 'grant', person.email).code, 2);
    });

    it('deletes an account', async () => {
      const person = await web.signIn();
      stack.ctl('user', 'delete', person.email);
      assertProblem(await status(web, person.accessToken), 401, 'SESSION_INVALID');
      assert.deepEqual(JSON.parse(auditOf(stack, 'account.deleted', { subject: person.subject })[0].detail), { by: 'operator' });
    });
  });
});
