// SPDX-License-Identifier: MIT
// Users of applications as back ends make, find and end them.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { assertRefused, assertStatus, createSession, throughCore } from './lib/core.mjs';
import { uuid } from './lib/checks.mjs';
import { folder, own, remove } from './lib/process.mjs';

let made = 0;
const fresh = () => `user${made += 1}-${process.pid}@example.test`;
const password = 'a password of somebody';
/* All of them cheap, made by other programs. */
const bcrypt = 'CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';
const argon2Salt = '$v=19$m=256,t=2,p=2$c29tZXNhbHQ$';
const hashes = [
  ['bcrypt', `$2a$05$${bcrypt}`, 'U*U'],
  ['bcrypt', `$2b$05$${bcrypt}`, 'U*U'],
  ['bcrypt', `$2y$05$${bcrypt}`, 'U*U'],
  ['argon2', `$argon2i${argon2Salt}T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E`, 'password'],
  ['argon2', `$argon2id${argon2Salt}bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc`, 'password'],
  [undefined, '$argon2d$v=19$m=256,t=2,p=1$c29tZXNhbHQ$JcTui6RIBUtJ78gE5Hi52CO+H5vS6Z9R1uxAB6OhUB8', 'password'],
  ['firebase_scrypt', '$f_scrypt$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$42xEC+ixf3L2lw==$m=14$r=8$s=Bw==',
    'user1password'],
];
const dir = folder();
const signerFile = join(dir, 'signer-key');
writeFileSync(signerFile, 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==\n', { mode: 0o600 });
own(signerFile);
after(() => remove(dir));

throughCore({ config: { cdi: { bcrypt_rounds: 4, firebase_signer_key_file: signerFile } } }, (core, web, stack) => {
  const up = (at, email, word = password) => at.post('/recipe/signup', { email, password: word });
  const signIn = (at, email, word = password) => at.post('/recipe/signin', { email, password: word });
  const find = async (at, query) => assertStatus(await at.get('/users/by-accountinfo', { doUnionOfAccountInfo: 'true', ...query })).users;
  const signUp = async (at, email = fresh()) => assertStatus(await up(at, email));

  describe('sign-up and sign-in', () => {
    it('E01 makes a user and tells every member of it', async () => {
      const email = fresh();
      const { user, recipeUserId } = assertStatus(await up(core, email));
      const { timeJoined } = user;
      assert.match(user.id, uuid);
      assert.equal(recipeUserId, user.id);
      assert.ok(Math.abs(timeJoined - Date.now()) < 60e3);
      assert.deepEqual(user, {
        id: user.id, isPrimaryUser: false, tenantIds: ['public'], timeJoined, emails: [email], phoneNumbers: [], thirdParty: [],
        webauthn: { credentialIds: [] },
        loginMethods: [{ tenantIds: ['public'], recipeUserId: user.id, verified: false, timeJoined, recipeId: 'emailpassword', email }],
      });
      assert.deepEqual(assertStatus(await signIn(core, email)).user, user);
      assert.deepEqual(assertStatus(await core.get('/user/id', { userId: user.id })).user, user);
    });

    it('E01 trims and lower-cases addresses, and knows them in any case', async () => {
      const email = fresh();
      const { user } = assertStatus(await up(core, `  ${email.toUpperCase()} `));
      assert.deepEqual(user.emails, [email]);
      for (const typed of [email, email.toUpperCase(), ` ${email}`]) {
        assertStatus(await up(core, typed), 'EMAIL_ALREADY_EXISTS_ERROR');
        assert.equal(assertStatus(await signIn(core, typed)).user.id, user.id);
        assert.deepEqual((await find(core, { email: typed })).map((u) => u.id), [user.id]);
      }
    });

    it('E01 lets one of twenty at once have an address', async () => {
      const email = fresh();
      const all = await Promise.all(Array.from({ length: 20 }, () => up(core, email)));
      assert.equal(all.filter((r) => r.json.status === 'OK').length, 1);
      assert.ok(all.every((r) => ['OK', 'EMAIL_ALREADY_EXISTS_ERROR'].includes(r.json.status)));
    });

    it('E01 E05 answers a wrong password as an unknown address', async () => {
      const email = fresh();
      await signUp(core, email);
      for (const [address, word] of [[email, `${password} `], [email, ''], [email, password.toUpperCase()], [fresh(), password],
        ['', password], ['no address', password], [`${'x'.repeat(300)}@example.test`, password]]) {
        assert.equal((await signIn(core, address, word)).text, '{"status":"WRONG_CREDENTIALS_ERROR"}\n');
      }
    });

    it('E01 refuses what is no address or no password', async () => {
      assertRefused(await up(core, fresh(), ''), 400, 'Password cannot be an empty string');
      assertRefused(await up(core, ''), 400, "Field name 'email' is invalid in JSON input");
      for (const body of [{}, { email: fresh() }, { password }, { email: 1, password }, { email: fresh(), password: null }]) {
        assertRefused(await core.post('/recipe/signup', body), 400, /^Field name '(email|password)' is invalid in JSON input$/);
        assertRefused(await core.post('/recipe/signin', body), 400, /^Field name '(email|password)' is invalid in JSON input$/);
      }
    });

    it('C04 E01 keeps applications and tenants apart', async () => {
      const email = fresh();
      const app = await core.app();
      assertStatus(await app.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' }));
      const ids = new Set();
      for (const at of [core, app, app.tenant('t1')]) {
        const { user } = await signUp(at, email);
        ids.add(user.id);
        assert.deepEqual((await find(at, { email })).map((u) => u.id), [user.id]);
      }
      assert.equal(ids.size, 3);
      const [, inApp, inTenant] = [...ids];
      assert.deepEqual(assertStatus(await app.get('/user/id', { userId: inTenant })).user.tenantIds, ['t1']);
      assertStatus(await core.get('/user/id', { userId: inApp }), 'UNKNOWN_USER_ID_ERROR');
      assertStatus(await app.post('/user/remove', { userId: inTenant }));
      assert.deepEqual(await find(app.tenant('t1'), { email }), []);
      assert.equal((await find(app, { email })).length, 1);
    });

    it('does not let a disabled account in', async () => {
      const email = fresh();
      const { user } = await signUp(core, email);
      stack.ctl('user', 'disable', user.id);
      assertStatus(await signIn(core, email), 'WRONG_CREDENTIALS_ERROR');
    });

    it('is the native interface\'s account, and the other way round', async () => {
      const email = fresh();
      await signUp(core, email);
      await web.signIn({ email, password, register: false });
      const mine = await web.signIn({});
      assert.equal((await find(core, { email: mine.email })).length, 1);
    });

    it('S26 tells a user of CDI 3.1 by one login method', async () => {
      const old = core.with({ cdi: '3.1' });
      const email = fresh();
      const body = assertStatus(await up(old, email));
      assert.deepEqual(Object.keys(body), ['status', 'user']);
      assert.deepEqual(body.user, { id: body.user.id, email, timeJoined: body.user.timeJoined, tenantIds: ['public'] });
      for (const query of [{ userId: body.user.id }, { email }]) {
        assert.deepEqual(assertStatus(await old.get('/recipe/user', query)).user, body.user);
      }
      assertStatus(await old.get('/recipe/user', { userId: 'x' }), 'UNKNOWN_USER_ID_ERROR');
      assertStatus(await old.get('/recipe/user', { email: fresh() }), 'UNKNOWN_EMAIL_ERROR');
    });
  });

  describe('hashes', () => {
    const hashOf = (id) => stack.sql(`SELECT password_hash FROM account WHERE id = UNHEX(REPLACE('${id}', '-', ''))`)[0][0];

    it('E02 makes bcrypt at the application\'s cost', async () => {
      const app = await core.app({ bcrypt_log_rounds: 5 });
      assert.match(hashOf((await signUp(core)).user.id), /^\$2b\$04\$/);
      assert.match(hashOf((await signUp(app)).user.id), /^\$2b\$05\$/);
    });

    it('E02 makes Argon2id where the application wants it', async () => {
      const app = await core.app({ password_hashing_alg: 'ARGON2' });
      assert.match(hashOf((await signUp(app)).user.id), /^\$argon2id\$/);
    });

    for (const [hashingAlgorithm, passwordHash, word] of hashes) {
      it(`E02 takes ${passwordHash.slice(0, 12)} of another program`, async () => {
        const email = fresh();
        const body = assertStatus(await core.post('/recipe/user/passwordhash/import', { email, passwordHash, ...(hashingAlgorithm && { hashingAlgorithm }) }));
        assert.equal(body.didUserAlreadyExist, false);
        assertStatus(await signIn(core, email, `${word}x`), 'WRONG_CREDENTIALS_ERROR');
        assert.equal(assertStatus(await signIn(core, email, word)).user.id, body.user.id);
        /* What is weak was made anew. */
        assertStatus(await signIn(core, email, word));
      });
    }

    it('E02 replaces the hash of a user who is there', async () => {
      const email = fresh();
      const { user } = await signUp(core, email);
      const body = assertStatus(await core.post('/recipe/user/passwordhash/import', { email, passwordHash: hashes[0][1] }));
      assert.equal(body.didUserAlreadyExist, true);
      assert.equal(body.user.id, user.id);
      assertStatus(await signIn(core, email), 'WRONG_CREDENTIALS_ERROR');
      assertStatus(await signIn(core, email, hashes[0][2]));
    });

    it('E02 refuses what is no hash', async () => {
      for (const body of [{ passwordHash: 'secret' }, { passwordHash: '$2x$05$' }, { passwordHash: hashes[0][1], hashingAlgorithm: 'argon2' },
        { passwordHash: hashes[0][1], hashingAlgorithm: 'md5' }, { passwordHash: '' }]) {
        assertRefused(await core.post('/recipe/user/passwordhash/import', { email: fresh(), ...body }), 400);
      }
    });
  });

  describe('by-accountinfo', () => {
    it('E01 finds by address within a tenant, and nobody by anything else', async () => {
      const email = fresh();
      const { user } = await signUp(core, email);
      assert.deepEqual(await find(core, { email }), [user]);
      for (const query of [{}, { email: fresh() }, { email: '' }, { phoneNumber: '+491234' }, { thirdPartyId: 'google', thirdPartyUserId: '1' }]) {
        assert.deepEqual(await find(core, query), []);
      }
      assert.deepEqual(await find(core, { email, phoneNumber: '+491234' }), [user]);
      assert.deepEqual(await find(core, { email, phoneNumber: '+491234', doUnionOfAccountInfo: 'false' }), []);
      assert.deepEqual(await find(core, { email, doUnionOfAccountInfo: 'false' }), [user]);
      assertRefused(await core.get('/users/by-accountinfo', { email }), 400, "Field name 'doUnionOfAccountInfo' is missing in GET request");
      assertRefused(await core.get('/users/by-accountinfo', { doUnionOfAccountInfo: 'true', thirdPartyId: 'google' }), 400);
    });
  });

  describe('pages', () => {
    it('lists users in order of joining, page by page, and counts them', async () => {
      const app = await core.app();
      const ids = [];
      for (let i = 0; i < 5; i += 1) ids.push((await signUp(app)).user.id);
      for (const [timeJoinedOrder, expected] of [['ASC', ids], ['DESC', [...ids].reverse()]]) {
        const seen = [];
        let paginationToken;
        do {
          const page = assertStatus(await app.get('/users', { timeJoinedOrder, limit: '2', ...(paginationToken && { paginationToken }) }));
          assert.ok(page.users.length <= 2);
          seen.push(...page.users.map((u) => u.id));
          paginationToken = page.nextPaginationToken;
        } while (paginationToken);
        assert.deepEqual(seen, expected);
      }
      for (const [query, count] of [[{}, 5], [{ includeRecipeIds: 'emailpassword' }, 5], [{ includeRecipeIds: 'thirdparty' }, 0],
        [{ includeAllTenants: 'true' }, 5]]) {
        assert.equal(assertStatus(await app.get('/users/count', query)).count, count);
      }
    });

    it('C07 tells by what one can search', async () => {
      assert.deepEqual(assertStatus(await core.get('/user/search/tags')), { status: 'OK', tags: ['email', 'provider'] });
      assertRefused(await core.with({ key: 'wrong' }).get('/user/search/tags'), 401);
      assertRefused(await core.post('/user/search/tags'), 405);
    });

    it('finds by how an address, what follows its @, or a provider begins', async () => {
      const app = await core.app();
      assertStatus(await app.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' }));
      const by = {};
      for (const email of ['john@one.test', 'johanna@two.test', 'eve@one.test', 'Straße@three.test']) by[email] = (await signUp(app, email)).user.id;
      const person = { thirdPartyId: 'google', thirdPartyUserId: '1', email: { id: 'jo@four.test', isVerified: false } };
      by['jo@four.test'] = assertStatus(await app.post('/recipe/signinup', person)).user.id;
      await signUp(app.tenant('t1'), 'john@one.test');
      const names = Object.keys(by);
      const [john, johanna, eve, street, jo] = names;
      for (const [query, expected] of [
        [{ email: 'john' }, [john]], [{ email: 'JOH' }, [john, johanna]], [{ email: 'one.test' }, [john, eve]], [{ email: 'one' }, [john, eve]],
        [{ email: 'jo' }, [john, johanna, jo]], [{ email: 'eve@one' }, [eve]], [{ email: john }, [john]], [{ email: 'eve; two' }, [johanna, eve]],
        [{ email: ';eve;;' }, [eve]], [{ email: 'STRASSE' }, [street]], [{ email: 'doe' }, []], [{ email: 'ohn' }, []], [{ email: 'test' }, []],
        [{ email: '@one.test' }, []], [{ email: '%' }, []], [{ email: '_ohn' }, []], [{ email: ';' }, []], [{ email: 'x'.repeat(400) }, []],
        [{ email: `${john}x` }, []], [{ provider: 'goo' }, [jo]], [{ provider: 'git;Google' }, [jo]], [{ provider: 'git' }, []],
        [{ provider: 'goo', email: 'jo' }, [jo]], [{ provider: 'goo', email: 'john' }, []], [{ phone: '+49' }, []], [{ email: 'john', phone: '+49' }, []],
        [{ email: 'jo', includeRecipeIds: 'thirdparty' }, [jo]], [{ email: 'jo', includeRecipeIds: 'emailpassword' }, [john, johanna]],
      ]) {
        const { users, nextPaginationToken } = assertStatus(await app.get('/users', query));
        assert.deepEqual(users.map((u) => u.id), expected.map((name) => by[name]), JSON.stringify(query));
        assert.equal(nextPaginationToken, undefined);
      }
    });

    it('goes through what is found page by page, in either order', async () => {
      const app = await core.app();
      const ids = [];
      for (let i = 0; i < 7; i += 1) ids.push((await signUp(app, `${i % 2 ? 'odd' : 'even'}${i}@example.test`)).user.id);
      const even = ids.filter((_, i) => i % 2 === 0);
      for (const [timeJoinedOrder, expected] of [['ASC', even], ['DESC', [...even].reverse()]]) {
        const seen = [];
        let paginationToken;
        do {
          const page = assertStatus(await app.get('/users', { email: 'even', timeJoinedOrder, limit: '3', ...(paginationToken && { paginationToken }) }));
          assert.ok(page.users.length <= 3);
          seen.push(...page.users.map((u) => u.id));
          paginationToken = page.nextPaginationToken;
        } while (paginationToken);
        assert.deepEqual(seen, expected);
      }
    });

    for (const [limit, text] of [['0', 'limit must a positive integer with min value 1'], ['-1', 'limit must a positive integer with min value 1'],
      ['1001', 'max limit allowed is 1000'], ...['x', '', '-', '1.5', ' 1', '99999999999'].map((odd) => [odd, "Field name 'limit' must be an int in the GET request"])]) {
      it(`C03 refuses a limit of ${JSON.stringify(limit)}`, async () => assertRefused(await core.get('/users', { limit }), 400, text));
    }

    for (const query of [{ timeJoinedOrder: 'UP' }, { includeRecipeIds: 'x' },
      { paginationToken: 'x' }, { paginationToken: Buffer.from('a;b').toString('base64') }]) {
      it(`refuses ${JSON.stringify(query)}`, async () => assertRefused(await core.get('/users', query), 400));
    }
  });

  describe('removal', () => {
    it('S20 ends the user\'s sessions and forgets what stands of him', async () => {
      const app = await core.app();
      const { user } = await signUp(app);
      const { session } = await createSession(app, { userId: user.id });
      assertStatus(await app.put('/recipe/user/metadata', { userId: user.id, metadataUpdate: { a: 1 } }));
      assertStatus(await app.post('/user/remove', { userId: user.id }));
      assertStatus(await app.get('/user/id', { userId: user.id }), 'UNKNOWN_USER_ID_ERROR');
      assertStatus(await app.get('/recipe/session', { sessionHandle: session.handle }), 'UNAUTHORISED');
      assert.deepEqual(assertStatus(await app.get('/recipe/user/metadata', { userId: user.id })).metadata, {});
      assertStatus(await app.post('/user/remove', { userId: user.id }));
    });

    it('answers OK for somebody unknown', async () => {
      for (const userId of ['', 'x', 'a'.repeat(300)]) assertStatus(await core.post('/user/remove', { userId }));
      assertRefused(await core.post('/user/remove', {}), 400, "Field name 'userId' is invalid in JSON input");
    });
  });

  describe('changes', () => {
    it('E01 changes address and password', async () => {
      const [email, other] = [fresh(), fresh()];
      const { recipeUserId } = await signUp(core, email);
      assertStatus(await core.put('/recipe/user', { recipeUserId, email: other.toUpperCase() }));
      assertStatus(await signIn(core, email), 'WRONG_CREDENTIALS_ERROR');
      assert.deepEqual(assertStatus(await signIn(core, other)).user.emails, [other]);
      assertStatus(await core.put('/recipe/user', { recipeUserId, password: 'another one' }));
      assertStatus(await signIn(core, other), 'WRONG_CREDENTIALS_ERROR');
      assertStatus(await signIn(core, other, 'another one'));
      await signUp(core, email);
      assertStatus(await core.put('/recipe/user', { recipeUserId, email }), 'EMAIL_ALREADY_EXISTS_ERROR');
      assertStatus(await core.put('/recipe/user', { recipeUserId: 'x', email: fresh() }), 'UNKNOWN_USER_ID_ERROR');
      assertStatus(await core.with({ cdi: '3.1' }).put('/recipe/user', { userId: recipeUserId, email: other }));
      for (const body of [{}, { recipeUserId }, { recipeUserId, password: '' }, { recipeUserId, email: '' }, { email }, { recipeUserId, email: null }]) {
        assertRefused(await core.put('/recipe/user', body), 400);
      }
    });
  });

  describe('password reset', () => {
    const make = async (at, userId, email) => assertStatus(await at.post('/recipe/user/password/reset/token', { userId, email })).token;
    const consume = (at, token) => at.post('/recipe/user/password/reset/token/consume', { token });
    const over = 'RESET_PASSWORD_INVALID_TOKEN_ERROR';

    it('E03 is good once, ends its siblings and is kept as a hash', async () => {
      const email = fresh();
      const { user } = await signUp(core, email);
      const [one, two] = [await make(core, user.id, email), await make(core, user.id, email)];
      assert.notEqual(one, two);
      assert.ok(one.length >= 64 && /^[0-9A-Za-z]+$/.test(one));
      const [[kept]] = stack.sql(`SELECT COUNT(*) FROM app_token WHERE hash = UNHEX('${createHash('sha256').update(one).digest('hex')}')`);
      assert.equal(String(kept), '1');
      assertStatus(await consume(core, `${one.slice(1)}${one[0] === 'a' ? 'b' : 'a'}`), over);
      assert.deepEqual(assertStatus(await consume(core, one)), { status: 'OK', userId: user.id, email });
      for (const token of [one, two, '', 'x'.repeat(2000)]) assertStatus(await consume(core, token), over);
    });

    it('E03 is used by one of ten at once', async () => {
      const email = fresh();
      const { user } = await signUp(core, email);
      const token = await make(core, user.id, email);
      const all = await Promise.all(Array.from({ length: 10 }, () => consume(core, token)));
      assert.deepEqual(all.map((r) => r.json.status).sort(), ['OK', ...Array(9).fill(over)]);
    });

    it('E03 ends by time, and then ends its siblings, too', async () => {
      const email = fresh();
      const { user } = await signUp(core, email);
      const old = await make(core, user.id, email);
      stack.sql(`UPDATE app_token SET expires_us = 1 WHERE user_id = '${user.id}'`);
      const young = await make(core, user.id, email);
      const [[life]] = stack.sql(`SELECT expires_us - created_us FROM app_token WHERE user_id = '${user.id}' AND expires_us > 1`);
      assert.equal(Number(life), 3600e6);
      assertStatus(await consume(core, old), over);
      assertStatus(await consume(core, young), over);
    });

    it('E03 is made for users alone, and by CDI 3.1 sets the password itself', async () => {
      assertStatus(await core.post('/recipe/user/password/reset/token', { userId: 'x', email: fresh() }), 'UNKNOWN_USER_ID_ERROR');
      assertRefused(await core.post('/recipe/user/password/reset/token', { userId: 'x' }), 400, "Field name 'email' is invalid in JSON input");
      const old = core.with({ cdi: '3.1' });
      const email = fresh();
      const { user } = await signUp(old, email);
      const { token } = assertStatus(await old.post('/recipe/user/password/reset/token', { userId: user.id }));
      const reset = { method: 'token', token, newPassword: 'quite another' };
      assert.equal(assertStatus(await old.post('/recipe/user/password/reset', reset)).userId, user.id);
      assertStatus(await old.post('/recipe/user/password/reset', reset), over);
      assertStatus(await signIn(old, email, 'quite another'));
    });
  });

});
