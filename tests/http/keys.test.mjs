// SPDX-License-Identifier: MIT
// Signing keys: published before use, kept while their tokens live, dead at
// once when revoked.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose';
import { through } from './lib/stack.mjs';
import { until } from './lib/process.mjs';
import { assertOk, assertProblem, auditOf, headerOf, refresh, status, tally, together } from './lib/checks.mjs';

const jwksOf = async (web) => assertOk(await web.request('GET', '/.well-known/jwks.json'));
const kids = async (web) => (await jwksOf(web)).keys.map((key) => key.kid);
const verify = async (web, token) => jwtVerify(token, createLocalJWKSet(await jwksOf(web)), { issuer: 'https://id.example.test', typ: 'at+jwt' });

/** Changes the rows of keys as time would, and tells the workers. */
function age(stack, set, where = '1') {
  stack.sql(`UPDATE signing_key SET ${set} WHERE ${where}; UPDATE realm SET key_generation = key_generation + 1`);
}

/** Ends the wait until the key published last signs. */
function activate(stack) {
  age(stack, `active_us = LEAST(active_us, ${Date.now() * 1000 - 1000}), retired_us = IF(retired_us > ${Date.now() * 1000 - 1000}, ${Date.now() * 1000 - 1000}, retired_us)`, 'revoked_us = 0');
}

through({}, (web, stack) => {
  const signerOf = async () => headerOf((await web.signIn()).accessToken).kid;

  it('R7517-4 jwks lists public members only', async () => {
    const res = await web.request('GET', '/.well-known/jwks.json');
    const { keys } = assertOk(res);
    assert.match(res.headers['content-type'], /^application\/(jwk-set\+)?json/);
    assert.ok(keys.length >= 1);
    for (const key of keys) {
      assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      assert.deepEqual([key.alg, key.crv, key.kty, key.use], ['ES256', 'P-256', 'EC', 'sig']);
      assert.equal(Buffer.from(key.x, 'base64url').length, 32);
      assert.equal(Buffer.from(key.y, 'base64url').length, 32);
    }
  });

  it('R7638-3 a kid is the thumbprint of its key', async () => {
    for (const key of (await jwksOf(web)).keys) assert.equal(key.kid, await calculateJwkThumbprint(key));
  });

  it('R7517-5 jwks may be cached, for less than a key is published ahead', async () => {
    const res = await web.request('GET', '/.well-known/jwks.json');
    const [, age_] = /max-age=(\d+)/.exec(res.headers['cache-control']);
    assert.ok(Number(age_) > 0 && Number(age_) < 3600);
    assert.match(res.headers['cache-control'], /public/);
  });

  it('both web servers sign with the same keys', async () => {
    assert.deepEqual(await kids(web), await kids(web.other));
    const { accessToken } = await web.signIn();
    await verify(web.other, accessToken);
    assertOk(await status(web.other, accessToken));
  });

  it('keys are sealed in the database', async () => {
    for (const [alg, sealed] of stack.sql('SELECT alg, HEX(sealed) FROM signing_key')) {
      assert.equal(alg, 'ES256');
      const bytes = Buffer.from(sealed, 'hex').toString('latin1');
      assert.ok(!bytes.includes('PRIVATE KEY'));
      assert.ok(!sealed.includes('2A8648CE3D'), 'no DER of an EC key');
    }
  });

  it('A-13.3.4 R7517-5 keys rotate publishes the next key before it signs; nothing breaks at any time', async () => {
    const session = await web.signIn();
    const old = headerOf(session.accessToken).kid;
    const before = await kids(web);
    stack.ctl('keys', 'rotate');
    for (const each of [web, web.other]) {
      const published = await kids(each);
      assert.equal(published.length, before.length + 1);
      for (const kid of before) assert.ok(published.includes(kid));
    }
    const [fresh] = (await kids(web)).filter((kid) => !before.includes(kid));
    assert.equal(await signerOf(), old, 'verifiers have not fetched the new key yet');
    activate(stack);
    const next = assertOk(await refresh(web, session.refreshToken));
    assert.equal(headerOf(next.accessToken).kid, fresh);
    assert.equal(await signerOf(), fresh);
    for (const each of [web, web.other]) {
      for (const token of [session.accessToken, next.accessToken]) {
        await verify(each, token);
        assertOk(await status(each, token));
      }
    }
  });

  it('R7517-5 a retired key stays until the last token it signed has expired, then goes', async () => {
    const session = await web.signIn();
    const old = headerOf(session.accessToken).kid;
    stack.ctl('keys', 'rotate');
    activate(stack);
    assert.notEqual(await signerOf(), old);
    const [[left]] = stack.sql(`SELECT (expires_us - retired_us) / 1000000 FROM signing_key WHERE kid = '${old}'`);
    assert.ok(Number(left) >= 900, left);
    assert.ok((await kids(web)).includes(old));
    age(stack, `expires_us = ${Date.now() * 1000 - 1000}`, `kid = '${old}'`);
    for (const each of [web, web.other]) assert.ok(!(await kids(each)).includes(old));
    for (const each of [web, web.other]) assertProblem(await status(each, session.accessToken), 401, 'ACCESS_TOKEN_INVALID');
    assertOk(await refresh(web, session.refreshToken));
  });

  it('keys revoke kills a key at once in every worker; sessions go on with another', async () => {
    const session = await web.signIn();
    const { kid } = headerOf(session.accessToken);
    assert.deepEqual(tally(await together(8, (i) => status(i % 2 ? web : web.other, session.accessToken))), { 200: 8 });
    stack.ctl('keys', 'revoke', kid);
    const answers = await together(8, (i) => status(i % 2 ? web : web.other, session.accessToken));
    for (const res of answers) assertProblem(res, 401, 'ACCESS_TOKEN_INVALID', 'Invalid access token');
    for (const each of [web, web.other]) {
      assert.ok(!(await kids(each)).includes(kid));
      const fresh = assertOk(await refresh(each, session.refreshToken));
      assert.notEqual(headerOf(fresh.accessToken).kid, kid);
      await verify(each, fresh.accessToken);
      assertOk(await status(web, fresh.accessToken));
      assertOk(await status(web.other, fresh.accessToken));
    }
    assert.equal(auditOf(stack, 'key.revoked').at(-1).detail.includes(kid), true);
  });

  it('R8725-3.10 a forged kid hides no key made right after it', async () => {
    const { accessToken } = await web.signIn();
    const [, claims, signature] = accessToken.split('.');
    const header = Buffer.from(JSON.stringify({ ...headerOf(accessToken), kid: 'A'.repeat(43) })).toString('base64url');
    const each = (token) => together(16, (i) => status(i % 2 ? web : web.other, token));
    for (const res of await each([header, claims, signature].join('.'))) assertProblem(res, 401, 'ACCESS_TOKEN_INVALID');
    stack.ctl('keys', 'rotate', '--now');
    assert.deepEqual(tally(await each((await web.signIn()).accessToken)), { 200: 16 });
  });

  it('keys revoke of a retired key leaves the signer alone', async () => {
    const session = await web.signIn();
    const old = headerOf(session.accessToken).kid;
    stack.ctl('keys', 'rotate');
    activate(stack);
    const fresh = await web.signIn();
    stack.ctl('keys', 'revoke', old);
    assertProblem(await status(web, session.accessToken), 401, 'ACCESS_TOKEN_INVALID');
    assertOk(await status(web, fresh.accessToken));
    assert.equal(await signerOf(), headerOf(fresh.accessToken).kid);
  });

  it('keys revoke of an unknown key fails and changes nothing', async () => {
    const before = await kids(web);
    assert.equal(stack.ctlFails('keys', 'revoke', 'no-such-key').code, 1);
    assert.deepEqual(await kids(web), before);
  });
});

through({ name: 'rotated by the janitor', config: { janitor: { interval: 1 } } }, (web, stack) => {
  it('R7517-5 the janitor publishes a successor when the key grows old, before it signs', async () => {
    const session = await web.signIn();
    const { kid } = headerOf(session.accessToken);
    const before = await kids(web);
    age(stack, 'active_us = active_us - (2592000 - 3000) * 1000000, created_us = created_us - 2592000 * 1000000', `kid = '${kid}'`);
    await until(async () => (await kids(web)).length > before.length, 'the janitor to publish a key', { limitMs: 15000 });
    const [next] = (await kids(web)).filter((each) => !before.includes(each));
    const [[ahead]] = stack.sql(`SELECT (active_us - created_us) / 1000000 FROM signing_key WHERE kid = '${next}'`);
    assert.ok(Number(ahead) >= 2999, ahead);
    assert.equal(headerOf((await web.signIn()).accessToken).kid, kid);
    assertOk(await status(web, session.accessToken));
    activate(stack);
    assert.equal(headerOf((await web.signIn()).accessToken).kid, next);
    assertOk(await status(web, session.accessToken));
    assert.equal(stack.sql('SELECT COUNT(*) FROM signing_key WHERE retired_us = 0 AND revoked_us = 0')[0][0], '1');
  });
});

for (const algorithm of ['RS256', 'HS256']) {
  through({ name: algorithm, config: { tokens: { algorithm } } }, (web) => {
    describe(algorithm, () => {
      it('signs and verifies', async () => {
        const { accessToken, refreshToken } = await web.signIn();
        assert.equal(headerOf(accessToken).alg, algorithm);
        assertOk(await status(web, accessToken));
        assertOk(await status(web.other, accessToken));
        const next = assertOk(await refresh(web, refreshToken));
        assertOk(await status(web, next.accessToken));
      });

      it(algorithm === 'RS256' ? 'publishes modulus and exponent only' : 'R7517-4 publishes nothing of a secret key', async () => {
        const { keys } = await jwksOf(web);
        if (algorithm === 'HS256') {
          assert.deepEqual(keys, []);
          return;
        }
        for (const key of keys) assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
        for (const key of keys) assert.ok(Buffer.from(key.n, 'base64url').length >= 256);
        await verify(web, (await web.signIn()).accessToken);
      });
    });
  });
}
