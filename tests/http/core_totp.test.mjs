// SPDX-License-Identifier: MIT
// TOTP devices of applications' users, and the codes they show.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { assertRefused, assertStatus, throughCore } from './lib/core.mjs';
import { tally, together } from './lib/checks.mjs';
import { base32, totp } from './lib/totp.mjs';

throughCore({}, (core, web, stack) => {
  const device = '/recipe/totp/device';
  const user = () => `user-${randomUUID()}`;
  const make = async (userId, deviceName, { skew = 1, period = 30 } = {}) => assertStatus(await core.post(device, { userId, deviceName, skew, period }));
  const list = async (userId) => assertStatus(await core.get(`${device}/list`, { userId })).devices;
  const prove = (userId, deviceName, code) => core.post(`${device}/verify`, { userId, deviceName, totp: code });
  const judge = (userId, code) => core.tenant('public').post('/recipe/totp/verify', { userId, totp: code });
  /** A code that none of the secret's near steps has. */
  const wrong = (secret) => {
    const right = [-2, -1, 0, 1, 2].map((n) => totp(secret, n));
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code));
  };
  /** A user with one proved device; the code of the step before proved it. */
  const proved = async () => {
    const userId = user();
    const { secret } = await make(userId, 'phone');
    assert.equal(assertStatus(await prove(userId, 'phone', totp(secret, -1))).wasAlreadyVerified, false);
    return { userId, secret };
  };
  const refused = (failed) => ({ status: 'INVALID_TOTP_ERROR', currentNumberOfFailedAttempts: failed, maxNumberOfFailedAttempts: 5 });

  describe('devices', () => {
    it('C07 are made, proved by a code, listed and removed', async () => {
      const id = user();
      const made = await make(id, 'd1', { skew: 2, period: 60 });
      assert.deepEqual(Object.keys(made).sort(), ['deviceName', 'secret', 'status']);
      assert.equal(base32(made.secret).length, 20);
      assert.deepEqual(await list(id), [{ name: 'd1', period: 60, skew: 2, verified: false }]);
      const code = totp(made.secret, 0, Date.now() / 2);
      assert.equal(assertStatus(await prove(id, 'd1', code)).wasAlreadyVerified, false);
      assert.equal(assertStatus(await prove(id, 'd1', '123456')).wasAlreadyVerified, true);
      assert.deepEqual((await list(id)).map((d) => d.verified), [true]);
      const remove = async () => assertStatus(await core.post(`${device}/remove`, { userId: id, deviceName: 'd1' })).didDeviceExist;
      assert.equal(await remove(), true);
      assert.equal(await remove(), false);
      assert.deepEqual(await list(id), []);
    });

    it('without a name are numbered behind those that are proved', async () => {
      const id = user();
      const first = await make(id, undefined);
      assert.equal(first.deviceName, 'TOTP Device 0');
      const again = await make(id, undefined);
      assert.equal(again.deviceName, 'TOTP Device 0');
      assert.notEqual(again.secret, first.secret);
      assertStatus(await prove(id, 'TOTP Device 0', wrong(first.secret)), 'INVALID_TOTP_ERROR');
      assertStatus(await prove(id, 'TOTP Device 0', totp(again.secret)));
      assert.equal((await make(id, undefined)).deviceName, 'TOTP Device 1');
    });

    it('take the place of one of their name only while nobody has proved it', async () => {
      const { userId } = await proved();
      const body = { userId, deviceName: 'phone', skew: 0, period: 30 };
      assert.deepEqual(assertStatus(await core.post(device, body), 'DEVICE_ALREADY_EXISTS_ERROR'), { status: 'DEVICE_ALREADY_EXISTS_ERROR' });
      assertStatus(await core.post(`${device}/import`, { ...body, secretKey: 'GEZDGNBV' }), 'DEVICE_ALREADY_EXISTS_ERROR');
      assert.deepEqual(await list(userId), [{ name: 'phone', period: 30, skew: 1, verified: true }]);
    });

    it('are taken over as proved', async () => {
      const id = user();
      const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
      const taken = assertStatus(await core.post(`${device}/import`, { userId: id, deviceName: 'old', skew: 1, period: 30, secretKey: secret }));
      assert.deepEqual(taken, { status: 'OK', deviceName: 'old' });
      assertStatus(await judge(id, totp(secret)));
      assertRefused(await core.post(`${device}/import`, { userId: id, deviceName: 'x', skew: 1, period: 30, secretKey: '1!' }), 400,
        "Field name 'secretKey' is invalid in JSON input");
    });

    it('are renamed to what is free', async () => {
      const id = user();
      await make(id, 'a');
      await make(id, 'b');
      const rename = (existingDeviceName, newDeviceName) => core.put(device, { userId: id, existingDeviceName, newDeviceName });
      assertStatus(await rename('a', 'b'), 'DEVICE_ALREADY_EXISTS_ERROR');
      assertStatus(await rename('c', 'd'), 'UNKNOWN_DEVICE_ERROR');
      assertStatus(await rename('a', 'a'));
      assertStatus(await rename('a', 'c'));
      assert.deepEqual((await list(id)).map((d) => d.name).sort(), ['b', 'c']);
    });

    it('keep no secret and no code in clear', async () => {
      const { userId, secret } = await proved();
      const [[sealed]] = stack.sql(`SELECT HEX(secret_sealed) FROM app_totp_device WHERE user_id = '${userId}'`);
      assert.ok(!sealed.includes(base32(secret).toString('hex').toUpperCase()));
      const [[hash]] = stack.sql(`SELECT HEX(code_hash) FROM app_totp_code WHERE user_id = '${userId}'`);
      assert.equal(hash.length, 64);
    });
  });

  describe('codes', () => {
    it('C07 of any proved device open, each once', async () => {
      const { userId, secret } = await proved();
      const other = await make(userId, 'unproved');
      const code = totp(secret);
      assert.deepEqual(assertStatus(await judge(userId, code)), { status: 'OK' });
      assert.deepEqual(assertStatus(await judge(userId, code), 'INVALID_TOTP_ERROR'), refused(1));
      assert.deepEqual(assertStatus(await judge(userId, totp(other.secret)), 'INVALID_TOTP_ERROR'), refused(2));
      assertStatus(await judge(userId, totp(secret, 1)));
    });

    it('that are right open once, however many ask at the same time', async () => {
      const { userId, secret } = await proved();
      const code = totp(secret);
      const answers = await together(4, (i) => (i % 2 ? core.other : core).post('/recipe/totp/verify', { userId, totp: code }));
      const counts = tally(answers.map((res) => ({ status: res.json.status })));
      assert.deepEqual(counts, { OK: 1, INVALID_TOTP_ERROR: 3 });
    });

    it('that are wrong are counted until a right one forgives them', async () => {
      const { userId, secret } = await proved();
      for (const n of [1, 2, 3, 4]) assert.deepEqual(assertStatus(await judge(userId, wrong(secret)), 'INVALID_TOTP_ERROR'), refused(n));
      assertStatus(await judge(userId, totp(secret)));
      assert.deepEqual(assertStatus(await judge(userId, wrong(secret)), 'INVALID_TOTP_ERROR'), refused(1));
    });

    it('are not looked at after too many wrong ones, until the pause is over', async () => {
      const { userId, secret } = await proved();
      const answers = await together(9, () => judge(userId, wrong(secret)));
      assert.deepEqual(tally(answers.map((res) => ({ status: res.json.status }))), { INVALID_TOTP_ERROR: 5, LIMIT_REACHED_ERROR: 4 });
      const limit = assertStatus(await judge(userId, totp(secret)), 'LIMIT_REACHED_ERROR');
      assert.ok(limit.retryAfterMs > 890e3 && limit.retryAfterMs <= 900e3, `${limit.retryAfterMs}`);
      assert.equal(limit.currentNumberOfFailedAttempts, 5);
      assert.equal(limit.maxNumberOfFailedAttempts, 5);
      await make(userId, 'second');
      assertStatus(await prove(userId, 'second', '000000'), 'LIMIT_REACHED_ERROR');
      stack.sql(`UPDATE app_totp_code SET created_us = created_us - 901000000, expires_us = expires_us - 901000000 WHERE user_id = '${userId}'`);
      assertStatus(await judge(userId, totp(secret)));
    });

    it('of nobody and of no device are told apart', async () => {
      const id = user();
      assert.deepEqual(assertStatus(await judge(id, '123456'), 'UNKNOWN_USER_ID_ERROR'), { status: 'UNKNOWN_USER_ID_ERROR' });
      assertStatus(await prove(id, 'phone', '123456'), 'UNKNOWN_DEVICE_ERROR');
      await make(id, 'phone');
      assertStatus(await judge(id, '123456'), 'UNKNOWN_USER_ID_ERROR');
      assertStatus(await prove(id, 'tablet', '123456'), 'UNKNOWN_DEVICE_ERROR');
    });
  });

  const field = (name) => `Field name '${name}' is invalid in JSON input`;
  const whole = { userId: 'u', deviceName: 'd', skew: 0, period: 30 };
  for (const [method, path, body, text] of [
    ['post', device, {}, field('userId')],
    ['post', device, { userId: '', deviceName: '' }, field('skew')],
    ['post', device, { userId: '', deviceName: '', skew: -1 }, field('period')],
    ['post', device, { userId: '', deviceName: '', skew: -1, period: 0 }, 'userId cannot be empty'],
    ['post', device, { ...whole, deviceName: '', skew: -1, period: 0 }, 'deviceName cannot be empty'],
    ['post', device, { ...whole, skew: -1, period: 0 }, 'skew must be >= 0'],
    ['post', device, { ...whole, period: 0 }, 'period must be > 0'],
    ['post', device, { ...whole, skew: '1' }, field('skew')],
    ['post', device, { ...whole, skew: 101 }, field('skew')],
    ['post', device, { ...whole, deviceName: null }, field('deviceName')],
    ['post', `${device}/import`, whole, field('secretKey')],
    ['post', `${device}/import`, { ...whole, secretKey: '' }, 'secretKey cannot be empty'],
    ['put', device, { userId: 'u', existingDeviceName: 'a' }, field('newDeviceName')],
    ['put', device, { userId: '', existingDeviceName: 'a', newDeviceName: 'b' }, 'userId cannot be empty'],
    ['put', device, { userId: 'u', existingDeviceName: '', newDeviceName: 'b' }, 'existingDeviceName cannot be empty'],
    ['put', device, { userId: 'u', existingDeviceName: 'a', newDeviceName: '' }, 'newDeviceName cannot be empty'],
    ['post', `${device}/remove`, { userId: 'u', deviceName: '' }, 'deviceName cannot be empty'],
    ['post', `${device}/verify`, { userId: 'u', deviceName: '', totp: '123456' }, 'deviceName cannot be empty'],
    ['post', `${device}/verify`, { userId: 'u', deviceName: 'd', totp: 123456 }, field('totp')],
    ['post', `${device}/verify`, { userId: 'u', deviceName: 'd', totp: '12345' }, 'totp must be 6 characters long'],
    ['post', '/recipe/totp/verify', { userId: 'u' }, field('totp')],
    ['post', '/recipe/totp/verify', { userId: '', totp: '123456' }, 'userId cannot be empty'],
  ]) {
    it(`C03 ${method} ${path} refuses ${JSON.stringify(body)}`, async () => {
      assertRefused(await core[method](path, body), 400, text);
    });
  }

  it('C03 wants a user of whose devices are listed', async () => {
    assertRefused(await core.get(`${device}/list`), 400, "Field name 'userId' is missing in GET request");
    assertRefused(await core.get(`${device}/list`, { userId: '' }), 400, 'userId cannot be empty');
  });
});
