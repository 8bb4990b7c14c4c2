// SPDX-License-Identifier: MIT
// A second factor over the frontend interface: a password begins a session that
// opens nothing until a code is shown, and no way leads around the code.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomBytes } from 'node:crypto';
import { assertStatus } from './lib/core.mjs';
import { assertMessage, assertUntouched, claimsOf, Client, frontToken, throughFrontend, website } from './lib/frontend.mjs';
import { totp } from './lib/totp.mjs';

const password = 'a1b2c3d4e5';
const some = () => `u${randomBytes(6).toString('hex')}@example.org`;
const form = (fields) => ({ formFields: Object.entries(fields).map(([id, value]) => ({ id, value })) });
const config = { fdi: { totp: 'yes' }, cdi: { bcrypt_rounds: 4, totp_attempts: 3 } };
const wrong = (code) => String((Number(code) + 1) % 1000000).padStart(6, '0');

const put = (client, path) => client.request('PUT', path);
const claim = (res) => frontToken(res).up['st-mfa'];

/** Is the session refused for want of a second factor, and for nothing else? */
function assertWanted(res) {
  assert.equal(res.status, 403, res.text);
  assert.deepEqual(res.json, { message: 'invalid claim', claimValidationErrors: [{ id: 'st-mfa', reason: { message: 'a second factor is wanted' } }] });
}

function answer(res, status = 'OK') {
  assert.deepEqual([res.status, res.json?.status], [200, status], res.text);
  return res.json;
}

throughFrontend({ config }, (web, core) => {
  const tenant = async (settings = { requiredSecondaryFactors: ['totp'] }) => {
    const tenantId = `t${randomBytes(6).toString('hex')}`;
    assertStatus(await core.put('/recipe/multitenancy/tenant/v2', { tenantId, firstFactors: null, ...settings }));
    return tenantId;
  };
  const note = async (userId, requiredSecondaryFactors) => assertStatus(await core.put('/recipe/user/metadata', {
    userId, metadataUpdate: { _supertokens: { requiredSecondaryFactors } },
  }));
  const person = async ({ base = '/auth', mode = 'cookie' } = {}) => {
    const client = new Client(web, { mode });
    const email = some();
    const res = await client.post(`${base}/signup`, form({ email, password }));
    answer(res);
    return { client, email, base, mode, res, id: res.json.user.id };
  };
  const enter = async ({ email, base, mode }) => {
    const client = new Client(web, { mode });
    const res = await client.post(`${base}/signin`, form({ email, password }));
    return { client, res };
  };
  const info = async (client) => answer(await put(client, '/auth/mfa/info')).factors;
  /** Sets a device up and proves it; later codes are of later steps. */
  const equip = async (client, deviceName = 'phone') => {
    const made = answer(await client.post('/auth/totp/device', { deviceName }));
    const code = totp(made.secret);
    const res = await client.post('/auth/totp/device/verify', { deviceName, totp: code });
    assert.deepEqual(answer(res), { status: 'OK', wasAlreadyVerified: false });
    return { secret: made.secret, code, res };
  };

  describe('where the tenant wants a code', () => {
    for (const mode of ['cookie', 'header']) {
      it(`A-6.3.3 who signs up by ${mode} sets a device up and is let in by its code alone`, async () => {
        const base = `/auth/${await tenant()}`;
        const { client, email, res } = await person({ base, mode });
        assert.deepEqual([Object.keys(claim(res).c), claim(res).v], [['emailpassword'], false]);
        assertWanted(await client.verify());
        assert.deepEqual(await info(client), { next: ['totp'], alreadySetup: ['emailpassword'], allowedToSetup: ['totp'] });
        assertWanted(await client.verify());
        const proved = await equip(client);
        const seen = claim(proved.res);
        assert.deepEqual([Object.keys(seen.c).sort(), seen.v], [['emailpassword', 'totp'], true]);
        assert.ok(Math.abs(seen.c.totp - Date.now() / 1000) < 600);
        assert.equal((await client.verify()).status, 200);
        assert.deepEqual(await info(client), { next: [], alreadySetup: ['emailpassword', 'totp'], allowedToSetup: ['totp'] });
        assert.equal((await client.refresh()).status, 200);
        assert.equal((await client.verify()).status, 200);

        const second = await enter({ email, base, mode });
        assert.equal(claim(second.res).v, false);
        assert.deepEqual(await info(second.client), { next: ['totp'], alreadySetup: ['emailpassword', 'totp'], allowedToSetup: [] });
        assert.equal((await second.client.refresh()).status, 200);
        assertWanted(await second.client.verify());
        const shown = await second.client.post('/auth/totp/verify', { totp: totp(proved.secret, 1) });
        assert.deepEqual(answer(shown), { status: 'OK' });
        assert.equal(claim(shown).v, true);
        assert.equal((await second.client.verify()).status, 200);
      });
    }

    it('the path of a milder tenant does not make it milder', async () => {
      const base = `/auth/${await tenant()}`;
      const mild = await tenant({});
      const { client } = await person({ base });
      for (const path of [`/auth/${mild}/mfa/info`, '/auth/mfa/info']) {
        assert.deepEqual(answer(await put(client, path)).factors.next, ['totp']);
        assertWanted(await client.verify());
        assertWanted(await client.request('GET', path.replace('mfa/info', 'session/verify')));
      }
    });

    it('a factor nobody can show here lets nobody in, and a list of which one can be shown does', async () => {
      for (const [requiredSecondaryFactors, up, can] of [[['otp-email'], 'SIGN_UP_NOT_ALLOWED'], [['otp-email', 'totp'], 'OK', ['totp']], [['emailpassword'], 'OK']]) {
        const base = `/auth/${await tenant({ requiredSecondaryFactors })}`;
        const client = new Client(web);
        const res = await client.post(`${base}/signup`, form({ email: some(), password }));
        answer(res, up);
        if (up !== 'OK') assertUntouched(res);
        else assert.deepEqual([claim(res).v, (await info(client)).next], [!can, can ?? []]);
      }
    });
  });

  describe('where a back end has noted it of a user', () => {
    for (const [name, noted, status, v] of [
      ['totp', ['totp'], 'OK', false], ['one of two', ['otp-email', 'totp'], 'OK', false], ['another one', ['otp-phone'], 'SIGN_IN_NOT_ALLOWED'],
      ['no name', [1], 'SIGN_IN_NOT_ALLOWED'], ['a name with a blank', ['x totp'], 'SIGN_IN_NOT_ALLOWED'], ['none', [], 'OK', true],
    ]) {
      it(`${name} is wanted of the next sign-in`, async () => {
        const ann = await person();
        await note(ann.id, noted);
        const { res } = await enter(ann);
        answer(res, status);
        if (status === 'OK') assert.equal(claim(res).v, v);
        else assertUntouched(res);
      });
    }

    it('a session that has begun is told when it asks', async () => {
      const ann = await person();
      assert.equal((await ann.client.verify()).status, 200);
      await note(ann.id, ['totp']);
      assert.deepEqual((await info(ann.client)).next, ['totp']);
      assertWanted(await ann.client.verify());
      await note(ann.id, []);
      assert.deepEqual((await info(ann.client)).next, []);
      assert.equal((await ann.client.verify()).status, 200);
    });
  });

  describe('of one\'s own will', () => {
    it('who proves a device is asked for its codes from then on, and no more once it is gone', async () => {
      const ann = await person();
      assert.equal(claim(ann.res).v, true);
      const { secret } = await equip(ann.client);
      const later = await enter(ann);
      assertWanted(await later.client.verify());
      answer(await later.client.post('/auth/totp/verify', { totp: totp(secret, 1) }));
      assert.deepEqual(answer(await later.client.post('/auth/totp/device/remove', { deviceName: 'phone' })), { status: 'OK', didDeviceExist: true });
      assert.equal(claim((await enter(ann)).res).v, true);
    });

    it('devices are listed, named by the service where no name is given, and are at most ten', async () => {
      const { client } = await person();
      const first = answer(await client.post('/auth/totp/device', {}));
      assert.match(first.secret, /^[A-Z2-7]{32}$/);
      assert.match(first.qrCodeString, new RegExp(`^otpauth://totp/[^?:]+:[^?]+%40example.org\\?secret=${first.secret}&issuer=[^&]+&algorithm=SHA1&digits=6&period=30$`));
      for (let i = 1; i < 10; i++) answer(await client.post('/auth/totp/device', { deviceName: `d${i}` }));
      assertMessage(await client.post('/auth/totp/device', { deviceName: 'more' }), 400, 'There are too many devices; remove one first');
      const { devices } = answer(await client.get('/auth/totp/device/list'));
      assert.deepEqual(devices.map((d) => d.name), [first.deviceName, ...Array.from({ length: 9 }, (_, i) => `d${i + 1}`)]);
      assert.deepEqual(devices[0], { name: first.deviceName, period: 30, skew: 1, verified: false });
      assert.equal((await client.verify()).status, 200);
    });

    it('a user of two login methods has each factor once, and one device for both', async () => {
      const [ann, other] = [await person(), await person()];
      assertStatus(await core.post('/recipe/accountlinking/user/primary', { recipeUserId: ann.id }));
      assertStatus(await core.post('/recipe/accountlinking/user/link', { recipeUserId: other.id, primaryUserId: ann.id }));
      const { secret } = await equip((await enter(ann)).client);
      const { client, res } = await enter(other);
      assert.equal(claim(res).v, false);
      assert.deepEqual((await info(client)).alreadySetup, ['emailpassword', 'totp']);
      answer(await client.post('/auth/totp/verify', { totp: totp(secret, 1) }));
      assert.equal((await client.verify()).status, 200);
    });

    it('the back ends of the application know the device', async () => {
      const ann = await person();
      const { secret } = await equip(ann.client);
      assert.deepEqual(assertStatus(await core.get(`/recipe/totp/device/list?userId=${ann.id}`)).devices, [{ name: 'phone', period: 30, skew: 1, verified: true }]);
      const code = totp(secret, 1);
      assertStatus(await core.post('/recipe/totp/verify', { userId: ann.id, totp: code }));
      const { client } = await enter(ann);
      answer(await client.post('/auth/totp/verify', { totp: code }), 'INVALID_TOTP_ERROR');
    });
  });

  describe('no way around the code', () => {
    const halfway = async () => {
      const ann = await person();
      const { secret, code } = await equip(ann.client);
      return { ...ann, secret, code, half: (await enter(ann)).client };
    };

    it('A-6.3.4 a session that has shown a password alone sets no device up, proves none and takes none away', async () => {
      const { client, half } = await halfway();
      const other = answer(await client.post('/auth/totp/device', { deviceName: 'other' }));
      assertWanted(await half.post('/auth/totp/device', { deviceName: 'mine' }));
      assertWanted(await half.post('/auth/totp/device/verify', { deviceName: 'other', totp: totp(other.secret) }));
      assertWanted(await half.post('/auth/totp/device/verify', { deviceName: 'phone', totp: '000000' }));
      assertWanted(await half.post('/auth/totp/device/remove', { deviceName: 'phone' }));
      assertWanted(await half.verify());
      const { devices } = answer(await half.get('/auth/totp/device/list'));
      assert.deepEqual(devices.map((d) => [d.name, d.verified]), [['phone', true], ['other', false]]);
    });

    it('A-6.4.4 a session from before the device neither takes it away nor adds another', async () => {
      const ann = await person();
      const older = (await enter(ann)).client;
      assert.equal((await older.verify()).status, 200);
      await equip(ann.client);
      assertWanted(await older.post('/auth/totp/device/remove', { deviceName: 'phone' }));
      assertWanted(await older.post('/auth/totp/device', { deviceName: 'mine' }));
      assertWanted(await older.verify());
    });

    it('a device that is proved already is judged by no code, so naming it shows nothing', async () => {
      const ann = await person();
      const { secret, res } = await equip(ann.client);
      const before = claim(res);
      const again = await ann.client.post('/auth/totp/device/verify', { deviceName: 'phone', totp: wrong(totp(secret)) });
      assert.deepEqual(answer(again), { status: 'OK', wasAlreadyVerified: true });
      assert.equal(again.headers['front-token'], undefined);
      const told = await put(ann.client, '/auth/mfa/info');
      assert.equal(told.headers['front-token'], undefined);
      assert.equal(before.v, true);
    });

    it('a code opens once, wrong ones are counted, and too many are not looked at', async () => {
      const { secret, code, half } = await halfway();
      answer(await half.post('/auth/totp/verify', { totp: code }), 'INVALID_TOTP_ERROR');
      for (const failed of [2, 3]) {
        assert.deepEqual(answer(await half.post('/auth/totp/verify', { totp: wrong(totp(secret, 1)) }), 'INVALID_TOTP_ERROR'),
          { status: 'INVALID_TOTP_ERROR', currentNumberOfFailedAttempts: failed, maxNumberOfFailedAttempts: 3 });
      }
      const { retryAfterMs, ...rest } = answer(await half.post('/auth/totp/verify', { totp: totp(secret, 1) }), 'LIMIT_REACHED_ERROR');
      assert.ok(retryAfterMs > 0 && retryAfterMs <= 900000);
      assert.deepEqual(rest, { status: 'LIMIT_REACHED_ERROR', currentNumberOfFailedAttempts: 3, maxNumberOfFailedAttempts: 3 });
      assertWanted(await half.verify());
    });

    it('A-6.5.1 N63B-6 of fifty at once with one code, one is let in', async () => {
      const { secret, ...ann } = await halfway();
      const halves = await Promise.all(Array.from({ length: 50 }, async () => (await enter(ann)).client));
      const code = totp(secret, 1);
      const told = await Promise.all(halves.map((half) => half.post('/auth/totp/verify', { totp: code })));
      assert.equal(told.filter((res) => res.json.status === 'OK').length, 1);
      const good = await Promise.all(halves.map((half) => half.verify()));
      assert.deepEqual(good.map((res) => res.status).sort(), [200, ...Array(49).fill(403)]);
    });

    it('somebody else\'s code is none', async () => {
      const { half } = await halfway();
      const other = await halfway();
      answer(await half.post('/auth/totp/verify', { totp: totp(other.secret, 1) }), 'INVALID_TOTP_ERROR');
      answer(await half.post('/auth/totp/device/remove', { deviceName: 'nothing' }));
      answer(await (await person()).client.post('/auth/totp/verify', { totp: '123456' }), 'UNKNOWN_USER_ID_ERROR');
      answer(await (await person()).client.post('/auth/totp/device/verify', { deviceName: 'phone', totp: '123456' }), 'UNKNOWN_DEVICE_ERROR');
    });

    it('a claim that says no, or nothing sound, is refused, whoever wrote it', async () => {
      for (const [value, status] of [
        [{ c: {}, v: false }, 403], [{ c: {} }, 403], [{ v: 1 }, 403], [{ v: 'true' }, 403], [true, 403], [[], 403], ['x', 403],
        [null, 200], [{ c: { totp: 1 }, v: true }, 200],
      ]) {
        const made = assertStatus(await core.post('/recipe/session', { userId: 'somebody', userDataInJWT: { 'st-mfa': value }, userDataInDatabase: {}, enableAntiCsrf: false, useDynamicSigningKey: true }));
        const res = await new Client(web, { mode: 'header' }).adopt(made).verify();
        assert.equal(res.status, status, `${JSON.stringify(value)}: ${res.text}`);
        if (status === 403) assertWanted(res);
      }
    });

    it('a back end\'s session that says nothing is looked up', async () => {
      const base = `/auth/${await tenant()}`;
      const ann = await person({ base });
      const session = { userId: ann.id, userDataInJWT: {}, userDataInDatabase: {}, enableAntiCsrf: false, useDynamicSigningKey: true };
      const wanted = await new Client(web, { mode: 'header' }).adopt(assertStatus(await core.tenant(base.slice(6)).post('/recipe/session', session)));
      assertWanted(await wanted.verify());
      const free = await new Client(web, { mode: 'header' }).adopt(assertStatus(await core.post('/recipe/session', session)));
      const res = await free.verify();
      assert.equal(res.status, 200, res.text);
      const told = claimsOf(free.tokens.access)['st-mfa'];
      assert.deepEqual([Object.keys(told.c), told.v], [['emailpassword'], true]);
    });
  });

  describe('calls that are none', () => {
    it('without a session they are unauthorised', async () => {
      for (const [method, path] of [['PUT', 'mfa/info'], ['POST', 'totp/device'], ['GET', 'totp/device/list'], ['POST', 'totp/device/remove'], ['POST', 'totp/device/verify'], ['POST', 'totp/verify']]) {
        assertMessage(await new Client(web).request(method, `/auth/${path}`, method === 'POST' ? { json: {} } : {}), 401, 'unauthorised');
      }
    });

    it('a form that is none is told', async () => {
      const { client } = await person();
      for (const [path, json, message] of [
        ['device', { deviceName: 1 }, 'deviceName must be a string'], ['device', { deviceName: '' }, 'deviceName must be 1 to 255 bytes of text'],
        ['device', { deviceName: 'x'.repeat(256) }, 'deviceName must be 1 to 255 bytes of text'], ['device', { deviceName: 'a\nb' }, 'deviceName must be 1 to 255 bytes of text'],
        ['device/remove', {}, 'deviceName is required'], ['device/remove', { deviceName: null }, 'deviceName must be a string'],
        ['device/verify', {}, 'deviceName is required'], ['device/verify', { deviceName: 'x' }, 'totp is required'],
        ['device/verify', { deviceName: 'x', totp: 123456 }, 'totp must be a string'], ['device/verify', { deviceName: 'x', totp: '12345' }, 'totp must be 6 characters long'],
        ['verify', {}, 'totp is required'], ['verify', { totp: '1234567' }, 'totp must be 6 characters long'], ['verify', { totp: ['123456'] }, 'totp must be a string'],
      ]) {
        assertMessage(await client.post(`/auth/totp/${path}`, json), 400, message);
      }
      assert.deepEqual(answer(await client.get('/auth/totp/device/list')).devices, []);
    });

    it('a name that is taken is told, and one nobody has proved is taken over', async () => {
      const { client } = await person();
      const [one, two] = [await client.post('/auth/totp/device', { deviceName: 'a' }), await client.post('/auth/totp/device', { deviceName: 'a' })];
      assert.notEqual(answer(one).secret, answer(two).secret);
      answer(await client.post('/auth/totp/device/verify', { deviceName: 'a', totp: totp(one.json.secret) }), 'INVALID_TOTP_ERROR');
      answer(await client.post('/auth/totp/device/verify', { deviceName: 'a', totp: totp(two.json.secret) }));
      answer(await client.post('/auth/totp/device', { deviceName: 'a' }), 'DEVICE_ALREADY_EXISTS_ERROR');
    });

    it('a page of another site may not ask, the website\'s may', async () => {
      const { client } = await person();
      const strange = await client.request('PUT', '/auth/mfa/info', { headers: { Origin: 'https://evil.example' } });
      assert.equal(strange.status, 403, strange.text);
      answer(await client.request('PUT', '/auth/mfa/info', { headers: { Origin: website } }));
      const preflight = await web.request('OPTIONS', '/auth/mfa/info', { headers: { Origin: website, 'Access-Control-Request-Method': 'PUT' } });
      assert.equal(preflight.status, 204);
      assert.match(preflight.headers['access-control-allow-methods'], /\bPUT\b/);
    });
  });
});

throughFrontend({ name: 'without second factors', config: { cdi: { bcrypt_rounds: 4 } } }, (web, core) => {
  it('by default there are no such calls, tokens say nothing of factors, and what a back end says holds', async () => {
    const client = new Client(web);
    const up = await client.post('/auth/signup', form({ email: some(), password }));
    assert.equal(frontToken(up).up['st-mfa'], undefined);
    for (const [method, path] of [['PUT', 'mfa/info'], ['POST', 'totp/device'], ['GET', 'totp/device/list'], ['POST', 'totp/verify']]) {
      assert.equal((await client.request(method, `/auth/${path}`, method === 'POST' ? { json: {} } : {})).status, 404);
    }
    const made = assertStatus(await core.post('/recipe/session', { userId: 'somebody', userDataInJWT: { 'st-mfa': { c: {}, v: false } }, userDataInDatabase: {}, enableAntiCsrf: false, useDynamicSigningKey: true }));
    assertWanted(await new Client(web, { mode: 'header' }).adopt(made).verify());
  });
});
