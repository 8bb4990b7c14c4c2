// SPDX-License-Identifier: MIT
// What back ends note about users: metadata, roles, permissions.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { assertRefused, assertStatus, throughCore } from './lib/core.mjs';
import { together } from './lib/checks.mjs';

throughCore({}, (core) => {
  const user = () => `user-${randomUUID()}`;
  const role = () => `role ${randomUUID()}`;

  describe('metadata', () => {
    const path = '/recipe/user/metadata';
    const put = async (userId, metadataUpdate) => assertStatus(await core.put(path, { userId, metadataUpdate })).metadata;
    const get = async (userId) => assertStatus(await core.get(path, { userId })).metadata;

    it('C07 of an unknown user is an empty object', async () => {
      assert.deepEqual(await get(user()), {});
    });

    it('C07 is laid over member by member: null takes away, deeper members are not merged', async () => {
      const id = user();
      const steps = [
        [{ a: 1, b: { c: [1, null, 'x'], d: null } }, { a: 1, b: { c: [1, null, 'x'], d: null } }],
        [{ z: 'é☃ "\\', a: 2 }, { a: 2, b: { c: [1, null, 'x'], d: null }, z: 'é☃ "\\' }],
        [{ b: { e: true } }, { a: 2, b: { e: true }, z: 'é☃ "\\' }],
        [{ a: null, nothing: null }, { b: { e: true }, z: 'é☃ "\\' }],
        [{}, { b: { e: true }, z: 'é☃ "\\' }],
        [{ b: null, z: null }, {}],
      ];
      for (const [update, outcome] of steps) {
        assert.deepEqual(await put(id, update), outcome);
        assert.deepEqual(await get(id), outcome);
      }
    });

    it('keeps numbers as they were sent', async () => {
      const id = user();
      const body = `{"userId":"${id}","metadataUpdate":{"n":9007199254740991,"e":1.50}}`;
      assertStatus(await core.request('PUT', path, { body, headers: { 'Content-Type': 'application/json' } }));
      assert.match((await core.get(path, { userId: id })).text, /"n":9007199254740991,"e":1\.50?\}/);
    });

    it('loses no member to another change at the same time', async () => {
      const id = user();
      await together(8, (i) => put(id, { [`k${i}`]: i }));
      assert.deepEqual(Object.keys(await get(id)).sort(), ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7']);
    });

    it('is forgotten', async () => {
      const id = user();
      await put(id, { a: 1 });
      assertStatus(await core.post(`${path}/remove`, { userId: id }));
      assert.deepEqual(await get(id), {});
      assertStatus(await core.post(`${path}/remove`, { userId: id }));
    });

    it('takes an empty user id for one as any other', async () => {
      await put('', { a: 1 });
      assert.deepEqual(await get(''), { a: 1 });
      assertStatus(await core.post(`${path}/remove`, { userId: '' }));
    });

    for (const [body, field] of [
      [{}, 'userId'], [{ userId: 1, metadataUpdate: {} }, 'userId'], [{ userId: null, metadataUpdate: {} }, 'userId'],
      [{ userId: 'u' }, 'metadataUpdate'], [{ userId: 'u', metadataUpdate: null }, 'metadataUpdate'],
      [{ userId: 'u', metadataUpdate: [] }, 'metadataUpdate'], [{ userId: 'u', metadataUpdate: '{}' }, 'metadataUpdate'],
      [{ userId: 'u'.repeat(129), metadataUpdate: {} }, 'userId'],
    ]) {
      it(`C03 refuses ${JSON.stringify(body).slice(0, 50)}`, async () => {
        assertRefused(await core.put(path, body), 400, `Field name '${field}' is invalid in JSON input`);
      });
    }

    it('C03 wants a user id of who reads or forgets', async () => {
      assertRefused(await core.get(path), 400, "Field name 'userId' is missing in GET request");
      assertRefused(await core.post(`${path}/remove`), 400, "Field name 'userId' is invalid in JSON input");
    });
  });

  describe('roles', () => {
    const make = async (name, permissions) => assertStatus(await core.put('/recipe/role', { role: name, permissions })).createdNewRole;
    const permissionsOf = async (name) => assertStatus(await core.get('/recipe/role/permissions', { role: name })).permissions;

    it('C07 are made once, and permissions add up', async () => {
      const name = role();
      assert.equal(await make(name), true);
      assert.deepEqual(await permissionsOf(name), []);
      assert.equal(await make(name, ['write', ' read ']), false);
      assert.equal(await make(` ${name} `, ['read', 'sing']), false);
      assert.deepEqual(await permissionsOf(name), ['read', 'sing', 'write']);
    });

    it('C07 lose the permissions that are named, or all', async () => {
      const name = role();
      const remove = async (permissions) => assertStatus(await core.post('/recipe/role/permissions/remove', { role: name, permissions }));
      await make(name, ['a', 'b', 'c']);
      await remove(['a', 'nothing']);
      assert.deepEqual(await permissionsOf(name), ['b', 'c']);
      await remove([]);
      assert.deepEqual(await permissionsOf(name), ['b', 'c']);
      await remove(undefined);
      assert.deepEqual(await permissionsOf(name), []);
    });

    it('C07 are found by permission and in the list', async () => {
      const [one, two, three] = [role(), role(), role()];
      const permission = randomUUID();
      await make(one, [permission]);
      await make(two, [permission, 'more']);
      await make(three);
      const found = assertStatus(await core.get('/recipe/permission/roles', { permission })).roles;
      assert.deepEqual(found.sort(), [one, two].sort());
      const all = assertStatus(await core.get('/recipe/roles')).roles;
      for (const name of [one, two, three]) assert.ok(all.includes(name));
      assert.deepEqual(assertStatus(await core.get('/recipe/permission/roles', { permission: 'nobody' })).roles, []);
    });

    it('C07 are given to users and taken from them', async () => {
      const [name, other, id] = [role(), role(), user()];
      await make(name);
      await make(other);
      const give = async (r) => assertStatus(await core.tenant('public').put('/recipe/user/role', { userId: id, role: r })).didUserAlreadyHaveRole;
      const take = async (r) => assertStatus(await core.post('/recipe/user/role/remove', { userId: id, role: r })).didUserHaveRole;
      const roles = async () => assertStatus(await core.get('/recipe/user/roles', { userId: id })).roles;
      assert.deepEqual(await roles(), []);
      assert.equal(await give(name), false);
      assert.equal(await give(name), true);
      assert.equal(await give(other), false);
      assert.deepEqual(await roles(), [name, other].sort());
      assert.deepEqual(assertStatus(await core.get('/recipe/role/users', { role: name })).users, [id]);
      assert.equal(await take(name), true);
      assert.equal(await take(name), false);
      assert.deepEqual(await roles(), [other]);
      assert.deepEqual(assertStatus(await core.get('/recipe/role/users', { role: name })).users, []);
    });

    it('C07 are taken from everybody when they are deleted', async () => {
      const [name, id] = [role(), user()];
      const remove = async () => assertStatus(await core.post('/recipe/role/remove', { role: name })).didRoleExist;
      await make(name, ['a']);
      assertStatus(await core.put('/recipe/user/role', { userId: id, role: name }));
      assert.equal(await remove(), true);
      assert.equal(await remove(), false);
      assert.deepEqual(assertStatus(await core.get('/recipe/user/roles', { userId: id })).roles, []);
      await make(name);
      assert.deepEqual(await permissionsOf(name), []);
    });

    it('C07 that are unknown are told so', async () => {
      const name = role();
      const asked = [
        core.get('/recipe/role/permissions', { role: name }), core.get('/recipe/role/users', { role: name }),
        core.post('/recipe/role/permissions/remove', { role: name }), core.put('/recipe/user/role', { userId: 'u', role: name }),
        core.post('/recipe/user/role/remove', { userId: 'u', role: name }),
      ];
      for (const res of await Promise.all(asked)) assert.deepEqual(assertStatus(res, 'UNKNOWN_ROLE_ERROR'), { status: 'UNKNOWN_ROLE_ERROR' });
    });

    const empty = "Field name 'role' cannot be an empty String";
    const wrong = (name) => `Field name '${name}' is invalid in JSON input`;
    for (const [method, path, body, text] of [
      ['put', '/recipe/role', {}, wrong('role')], ['put', '/recipe/role', { role: ' ' }, empty],
      ['put', '/recipe/role', { role: 'r', permissions: 7 }, wrong('permissions')],
      ['put', '/recipe/role', { role: 'r', permissions: ['a', 1] }, wrong('permissions')],
      ['put', '/recipe/role', { role: 'r', permissions: null }, wrong('permissions')],
      ['put', '/recipe/role', { role: 'r', permissions: ['a', ' '] }, "Field name 'permissions' cannot contain an empty string"],
      ['put', '/recipe/role', { role: 'r'.repeat(256) }, wrong('role')],
      ['put', '/recipe/role', { role: 'r', permissions: ['p'.repeat(256)] }, wrong('permissions')],
      ['post', '/recipe/role/remove', { role: '' }, empty], ['post', '/recipe/role/remove', { role: 3 }, wrong('role')],
      ['put', '/recipe/user/role', { userId: 'u', role: '' }, empty], ['put', '/recipe/user/role', { role: 'r' }, wrong('userId')],
      ['post', '/recipe/user/role/remove', { userId: 'u' }, wrong('role')],
    ]) {
      it(`C03 ${method} ${path} refuses ${JSON.stringify(body).slice(0, 60)}`, async () => {
        assertRefused(await core[method](path, body), 400, text);
      });
    }

    it('are deleted while they are given, and nobody keeps one that is gone', async () => {
      const [name, id] = [role(), user()];
      await make(name);
      await together(6, (i) => (i === 3 ? core.post('/recipe/role/remove', { role: name }) : core.put('/recipe/user/role', { userId: `${id}${i}`, role: name })));
      assert.ok(!assertStatus(await core.get('/recipe/roles')).roles.includes(name));
      assertStatus(await core.get('/recipe/role/users', { role: name }), 'UNKNOWN_ROLE_ERROR');
    });
  });
});
