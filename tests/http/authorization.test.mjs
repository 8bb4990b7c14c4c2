// SPDX-License-Identifier: MIT
// Who may call what: the matrix of roles and routes, from the printed table.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { whole } from './lib/routes.mjs';
import { sourceRoot, through } from './lib/stack.mjs';
import { admin, caller } from './lib/admins.mjs';
import { assertOk, assertProblem, auditOf, bearer } from './lib/checks.mjs';

const unknown = '01890a5d-ac96-774b-bcce-b302099a8057';
const rows = readFileSync(join(sourceRoot, 'doc/routes.md'), 'utf8').split('\n').filter((line) => /^\| [A-Z]+ \| `/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| /, '').replaceAll('`', '')))
  .map(([method, path, need, csrf, body, name]) => ({ method, need, csrf, body, name, path: path.replace(/\{\w+\}/g, unknown) }));
const admins = rows.filter((row) => row.need.includes('role ADMIN'));
const backends = rows.filter((row) => row.need.startsWith('API key'));
const bodies = rows.filter((row) => row.body.startsWith('JSON') || row.body.startsWith('empty'));

/** What nobody may set, whatever the route. */
const forbidden = ['role', 'roles', 'groups', 'verified', 'emailVerified', 'acr', 'amr', 'user_id', 'userId', 'sub', 'claims', 'status', 'version', 'is_admin'];

async function guest(web) {
  const { accessToken, sessionId, user } = assertOk(await web.browser().post('/api/guests', { name: 'Visitor' }));
  return caller(web, { accessToken, sessionId, subject: user.id });
}

const config = { ...whole, accounts: { guests: 'yes', guest_limit: 100000 }, mail: { transport: 'none' } };

through({ config }, (web, stack) => {
  let people;
  before(async () => {
    people = { user: caller(web, await web.signIn()), guest: await guest(web), root: await admin(web, stack) };
  });

  it('the table has the rows this is about', () => {
    assert.ok(admins.length > 20 && backends.length >= 4, `${admins.length} ${backends.length}`);
  });

  for (const { method, path, name } of admins) {
    describe(`${method} ${name}`, () => {
      it('ROL-1 A-8.2.1 is closed to nobody in particular', async () => {
        assertProblem(await web.request(method, path), 401, 'AUTHENTICATION_REQUIRED');
      });

      for (const who of ['user', 'guest']) {
        it(`A-8.3.1 A-13.4.5 ROL-1 A-8.2.1 is closed to a ${who}, whatever the body`, async () => {
          assertProblem(await people[who].call(method, path, method === 'GET' ? undefined : { nonsense: 1 }), 403, 'ROLE_REQUIRED');
        });
      }

      it(`A-8.4.2 ${method === 'GET' ? 'is open to an administrator' : 'wants an administrator\'s fresh proof, from loopback too'}`, async () => {
        const res = await people.root.call(method, path);
        if (method === 'GET') assert.ok([200, 404].includes(res.status), res.text);
        else {
          assertProblem(res, 401, 'STEP_UP_REQUIRED');
          assert.match(res.headers['www-authenticate'], /error="insufficient_user_authentication"/);
        }
      });
    });
  }

  it('A-8.2.1 a role that was taken away opens nothing at the very next request', async () => {
    const root = await admin(web, stack);
    await admin(web, stack);
    assertOk(await root.call('GET', '/api/users'));
    stack.ctl('role', 'revoke', root.email, 'ADMIN');
    for (const at of [web, web.other]) assertProblem(await caller(at, root).call('GET', '/api/users'), 401, 'ACCESS_TOKEN_EXPIRED');
    const next = await root.browser.post('/api/auth/refresh', {});
    assertProblem(await caller(web, next.json).call('GET', '/api/users'), 403, 'ROLE_REQUIRED');
  });

  it('A-8.4.2 with a fresh proof of that session an administrator may change what he may not without', async () => {
    const root = await admin(web, stack);
    const [person, other] = [await web.signIn(), await admin(web, stack)];
    const proof = assertOk(await root.call('POST', '/api/auth/step-up', { password: root.password })).stepUpToken;
    const disable = (who) => web.request('POST', `/api/users/${person.subject}/disable`, { headers: { ...bearer(who.accessToken), 'X-Step-Up-Token': proof } });
    assertProblem(await disable(people.user), 403, 'ROLE_REQUIRED');
    assertProblem(await disable(other), 401, 'STEP_UP_TOKEN_INVALID');
    assert.equal(assertOk(await disable(root)).status, 'disabled');
  });

  for (const { method, path, name } of backends) {
    it(`A-8.2.1 ${method} ${name} is closed to everybody without an API key`, async () => {
      for (const who of ['user', 'guest', 'root']) assertProblem(await people[who].call(method, path), 401, 'API_KEY_INVALID');
      assertProblem(await web.request(method, path), 401, 'AUTHENTICATION_REQUIRED');
    });
  }

  it('A-8.2.2 ids of others\' sessions and accounts change nothing', async () => {
    const [person, other] = [caller(web, await web.signIn()), await web.signIn()];
    for (const path of ['/api/auth/sessions', '/api/users/me/sessions']) assertProblem(await person.call('DELETE', `${path}/${other.sessionId}`), 404, 'NOT_FOUND');
    for (const path of [`/api/users/${other.subject}`, `/api/users/${other.subject}/sessions`]) assertProblem(await person.call('DELETE', path), 403, 'ROLE_REQUIRED');
    assertOk(await other.browser.get('/api/auth/status'));
    assert.equal(auditOf(stack, 'session.revoked', { session: other.sessionId }).length, 0);
  });
});

through({ name: 'without step-up for administrators', config: { ...config, step_up: { admin: 'no' } } }, (web, stack) => {
  let root;
  before(async () => {
    root = await admin(web, stack);
  });

  for (const { method, path, need, name } of bodies.filter((row) => /^(none|access)/.test(row.need) && !/step-up$|two-factor/.test(row.need))) {
    it(`A-15.3.3 A-8.2.3 ${method} ${name} (${need}) takes no field of the service's own`, async () => {
      const json = Object.fromEntries(forbidden.map((field) => [field, 'ADMIN']));
      const res = need.startsWith('none') || need.includes('optional') ? await web.browser().request(method, path, { json }) : await root.call(method, path, json);
      assertProblem(res, 400, 'VALIDATION_FAILED');
      for (const error of res.json.errors.filter((e) => forbidden.includes(e.field))) assert.equal(error.code, 'UNKNOWN_FIELD');
      assert.ok(res.json.errors.some((e) => e.code === 'UNKNOWN_FIELD'), res.text);
    });
  }
});
