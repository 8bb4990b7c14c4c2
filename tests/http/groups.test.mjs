// SPDX-License-Identifier: MIT
// Groups: translations, members, the claim.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { admin } from './lib/admins.mjs';
import {
  assertInvalid, assertOk, assertProblem, auditOf, claimsOf, refresh, rfc3339, status,
} from './lib/checks.mjs';

const unknown = '01890a5d-ac96-774b-bcce-b302099a8057';
const name = () => `g-${Math.random().toString(36).slice(2)}`;
const en = { name: 'Staff', description: 'Who works here' };
const de = { name: 'Belegschaft' };

through({ config: { step_up: { admin: 'no' } } }, (web, stack) => {
  /** An administrator with a group of two languages. */
  async function house() {
    const root = await admin(web, stack);
    const key = name();
    const group = assertOk(await root.call('POST', '/api/groups', { key, translations: { en, 'de-AT': de } }));
    return { root, key, group, path: `/api/groups/${key}` };
  }

  describe('life of a group', () => {
    it('GRP-1 is made, read, listed, changed and deleted', async () => {
      const { root, key, group, path } = await house();
      const { createdAt, ...rest } = group;
      assert.match(createdAt, rfc3339);
      assert.deepEqual(rest, { key, locale: 'en', ...en, translations: { 'de-AT': { ...de, description: '' }, en } });
      assert.deepEqual(assertOk(await root.call('GET', path)), group);
      const list = assertOk(await root.call('GET', '/api/groups?size=100'));
      assert.deepEqual(list.content.find((g) => g.key === key), group);
      assert.ok(list.page.totalElements >= 1);
      const changed = assertOk(await root.call('PUT', path, { translations: { en: { name: 'Crew' }, fr: { name: 'Equipe' } }, translationsToDelete: ['de-AT'] }));
      assert.deepEqual(changed.translations, { en: { name: 'Crew', description: '' }, fr: { name: 'Equipe', description: '' } });
      assert.deepEqual(Object.keys(assertOk(await root.call('PUT', path, { translations: { fr: null } })).translations), ['en']);
      assertOk(await root.call('DELETE', path));
      for (const [method, body] of [['GET'], ['PUT', { translations: { en } }], ['DELETE']]) {
        assertProblem(await root.call(method, path, body), 404, 'GROUP_NOT_FOUND');
      }
      for (const kind of ['group.created', 'group.deleted']) {
        assert.ok(auditOf(stack, kind).some((e) => e.detail === JSON.stringify({ group: key, by: root.subject })), kind);
      }
    });

    it('GRP-1 a key is taken once', async () => {
      const { root, key } = await house();
      assertProblem(await root.call('POST', '/api/groups', { key, translations: { en } }), 409, 'GROUP_KEY_EXISTS');
    });

    for (const [locale, wanted] of [['de-AT', 'de-AT'], ['DE-at', 'de-AT'], ['de', 'de-AT'], ['de-CH', 'de-AT'], ['fr', 'en'], ['en-GB', 'en'], ['x', 'en']]) {
      it(`GRP-1 for ${locale} the text in ${wanted} is given`, async () => {
        const { root, path } = await house();
        assert.equal(assertOk(await root.call('GET', `${path}?locale=${locale}`)).locale, wanted);
      });
    }

    for (const [what, translations] of [
      ['no default locale', { de }], ['none at all', {}], ['no name', { en: {} }], ['an empty name', { en: { name: '' } }], ['a name that is none', { en: { name: 7 } }],
      ['an unknown member', { en: { ...en, role: 'ADMIN' } }], ['no object', { en: 'Staff' }], ['a locale that is none', { en, 'd_e': de }],
      ['a locale twice', { en, EN: en }], ['a control character', { en: { name: 'a\u0007b' } }], ['a name too long', { en: { name: 'ä'.repeat(201) } }],
      ['a description too long', { en: { name: 'a', description: 'b'.repeat(1001) } }],
    ]) {
      it(`GRP-1 refuses translations with ${what}`, async () => {
        const root = await admin(web, stack);
        const key = name();
        assertProblem(await root.call('POST', '/api/groups', { key, translations }), 400, 'INVALID_GROUP_TRANSLATION');
        assertProblem(await root.call('GET', `/api/groups/${key}`), 404, 'GROUP_NOT_FOUND');
      });
    }

    for (const body of [{ translations: { en: null } }, { translationsToDelete: ['en'] }, { translationsToDelete: 'en' }, { translationsToDelete: [1] }, { translationsToDelete: ['en' , null] }]) {
      it(`GRP-1 a change may not leave the default locale out or be no list: ${JSON.stringify(body)}`, async () => {
        const { root, path, group } = await house();
        assertProblem(await root.call('PUT', path, body), 400, 'INVALID_GROUP_TRANSLATION');
        assert.deepEqual(assertOk(await root.call('GET', path)), group);
      });
    }

    for (const [key, code] of [['', 'TOO_SHORT'], ['a b', 'VALIDATION_FAILED'], ['a"b', 'VALIDATION_FAILED'], ['ä', 'VALIDATION_FAILED'], ['a/b', 'VALIDATION_FAILED'], ['x'.repeat(65), 'TOO_LONG']]) {
      it(`GRP-1 refuses the key ${JSON.stringify(key.slice(0, 9))}`, async () => {
        assertInvalid(await (await admin(web, stack)).call('POST', '/api/groups', { key, translations: { en } }), 'key', code);
      });
    }
  });

  describe('members', () => {
    it('GRP-2 A-8.3.2 joining and leaving end access tokens at once; the next ones say it', async () => {
      const { root, key, path } = await house();
      const person = await web.signIn();
      for (const [method, groups, kind] of [['POST', [key], 'group.member_added'], ['DELETE', [], 'group.member_removed']]) {
        const { accessToken, refreshToken } = person;
        assert.deepEqual(assertOk(await root.call(method, `${path}/members/${person.subject}`)).groups, groups);
        assertProblem(await status(web, accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
        assertProblem(await status(web.other, accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
        const next = assertOk(await refresh(web.other, refreshToken));
        assert.deepEqual(claimsOf(next.accessToken).groups, groups);
        assert.deepEqual(next.principal.groups, groups);
        assert.deepEqual(assertOk(await status(web, next.accessToken)).user.groups, groups);
        const [event] = auditOf(stack, kind, { subject: person.subject });
        assert.deepEqual(JSON.parse(event.detail), { group: key, by: root.subject });
        Object.assign(person, next);
      }
    });

    it('GRP-2 ACC-4 a sign-in carries every role and group once', async () => {
      const { root, key, path } = await house();
      const other = name();
      const person = await web.signIn();
      stack.ctl('group', 'create', other);
      stack.ctl('group', 'add', other, person.email);
      stack.ctl('role', 'grant', person.email, 'ADMIN');
      assertOk(await root.call('POST', `${path}/members/${person.subject}`));
      assertOk(await root.call('POST', `${path}/members/${person.subject}`));
      const { login } = await web.signIn({ email: person.email, register: false });
      assert.deepEqual(login.json.user.groups, [key, other].sort());
      for (const token of [login.json.accessToken, assertOk(await refresh(web, login.json.refreshToken)).accessToken]) {
        const claims = claimsOf(token);
        assert.deepEqual([claims.roles, claims.groups], [['ADMIN', 'USER'], [key, other].sort()]);
        assert.equal(claims.sub, person.subject);
      }
    });

    it('GRP-2 a deleted group is in nobody\'s tokens any more', async () => {
      const { root, path } = await house();
      const person = await web.signIn();
      assertOk(await root.call('POST', `${path}/members/${person.subject}`));
      const { accessToken, refreshToken } = assertOk(await refresh(web, person.refreshToken));
      assertOk(await root.call('DELETE', path));
      assertProblem(await status(web, accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
      assert.deepEqual(claimsOf(assertOk(await refresh(web, refreshToken)).accessToken).groups, []);
    });

    it('GRP-2 unknown groups and people are told apart', async () => {
      const { root, path } = await house();
      const person = await web.signIn();
      for (const method of ['POST', 'DELETE']) {
        assertProblem(await root.call(method, `/api/groups/nope/members/${person.subject}`), 404, 'GROUP_NOT_FOUND');
        for (const id of [unknown, 'no-id']) assertProblem(await root.call(method, `${path}/members/${id}`), 404, 'USER_NOT_FOUND');
      }
      assertOk(await root.call('DELETE', `${path}/members/${person.subject}`));
      assertOk(await status(web, person.accessToken));
    });

    it('the keys of one person\'s groups always fit a token', async () => {
      const person = await web.signIn();
      let full;
      for (let i = 0; i < 20 && !full; i += 1) {
        const key = `${name()}${'x'.repeat(60)}`.slice(0, 64);
        stack.ctl('group', 'create', key);
        try {
          stack.ctl('group', 'add', key, person.email);
        } catch (error) {
          full = error.stderr;
        }
      }
      assert.match(full, /Too many groups/);
      assertOk(await person.browser.post('/api/auth/refresh', {}));
      assertOk(await person.browser.get('/api/auth/status'));
    });
  });

  describe('gatehousectl', () => {
    it('makes, lists and deletes groups and moves members', async () => {
      const key = name();
      const person = await web.signIn();
      stack.ctl('group', 'create', key, '--name', 'Kitchen', '--description', 'Cooks');
      const [row] = stack.ctlRows('group', 'list').filter((r) => r.key === key);
      assert.deepEqual([row.name, row.description], ['Kitchen', 'Cooks']);
      stack.ctl('group', 'add', key, person.email);
      assertProblem(await status(web, person.accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
      assert.equal(stack.ctlRows('user', 'show', person.subject)[0].groups, key);
      stack.ctl('group', 'remove', key, person.subject);
      stack.ctl('group', 'delete', key);
      for (const args of [['group', 'delete', key], ['group', 'add', key, person.email], ['group', 'create', 'a b']]) assert.equal(stack.ctlFails(...args).code, 1);
    });
  });
});
