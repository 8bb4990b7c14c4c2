// SPDX-License-Identifier: MIT
// An application's signing keys: published, followed by others, and used for
// tokens of a back end's own.
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { assertRefused, assertStatus, createSession, refreshSession, throughCore, verifySession } from './lib/core.mjs';
import { until } from './lib/process.mjs';

const rotation = 604800;
const overlap = 60;
const plain = { payload: {}, algorithm: 'RS256', jwksDomain: 'https://api.example.test', validity: 60 };
const parts = (token) => token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
const dynamic = (stack) => stack.sql("SELECT kid, created_us DIV 1000000 FROM signing_key WHERE realm_id = 1 AND purpose = 'dynamic' ORDER BY created_us DESC");

function assertSigned(token, keys) {
  const [header, payload] = parts(token);
  const key = createPublicKey({ key: keys.find(({ kid }) => kid === header.kid), format: 'jwk' });
  const [signed, signature] = [token.slice(0, token.lastIndexOf('.')), token.slice(token.lastIndexOf('.') + 1)];
  assert.ok(verify('sha256', Buffer.from(signed), key, Buffer.from(signature, 'base64url')));
  return [header, payload];
}

throughCore({ config: { cdi: { base_path: '/core' } } }, (core, web, stack) => {
  const at = core.with({ prefix: '/core' });
  const bare = at.with({ key: null, cdi: null });
  const published = async () => (await bare.get('/.well-known/jwks.json')).json.keys;
  const sign = async (changes = {}) => assertStatus(await at.post('/recipe/jwt', { ...plain, ...changes })).jwt;

  describe('published', () => {
    it('S25 without a key or a version, dynamic ones first', async () => {
      const res = await bare.get('/.well-known/jwks.json');
      assert.equal(res.status, 200, res.text);
      assert.equal(res.headers['content-type'], 'application/json; charset=UTF-8');
      assert.deepEqual(Object.keys(res.json), ['keys']);
      const { keys } = res.json;
      assert.deepEqual(keys.map(({ kid }) => kid.slice(0, 2)), [...keys.slice(1).map(() => 'd-'), 's-']);
      for (const key of keys) {
        assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
        assert.deepEqual([key.kty, key.alg, key.use, key.e], ['RSA', 'RS256', 'sig', 'AQAB']);
        assert.equal(Buffer.from(key.n, 'base64url').length, 256);
      }
    });

    it('S25 for as long as no successor is due', async () => {
      const before = Math.floor(Date.now() / 1000);
      const res = await bare.get('/.well-known/jwks.json');
      const until = Number(dynamic(stack)[0][1]) + rotation - overlap;
      const [, seconds] = /^max-age=(\d+), must-revalidate$/.exec(res.headers['cache-control']);
      const now = until - Number(seconds);
      assert.ok(now >= before - 1 && now <= Date.now() / 1000 + 1, `${now}`);
    });

    it('to older back ends, with a key and a status', async () => {
      const { keys } = assertStatus(await at.get('/recipe/jwt/jwks'));
      assert.deepEqual(keys, await published());
      assertRefused(await bare.get('/recipe/jwt/jwks'), 401, 'Invalid API key');
    });

    it('apart from the service\'s own', async () => {
      const own = (await web.request('GET', '/.well-known/jwks.json')).json.keys;
      assert.ok(own.length > 0);
      for (const { kid } of own) assert.ok(!/^[ds]-/.test(kid), kid);
    });
  });

  describe('a token of a back end\'s own', () => {
    it('S24 is signed by the static key', async () => {
      const now = Math.floor(Date.now() / 1000);
      const [header, payload] = assertSigned(await sign({ payload: { sub: 'ann', n: null, deep: { a: [1, 'ü'] } } }), await published());
      assert.deepEqual(Object.keys(header).sort(), ['alg', 'kid', 'typ']);
      assert.deepEqual([header.alg, header.typ], ['RS256', 'JWT']);
      assert.match(header.kid, /^s-[0-9a-f-]{36}$/);
      const { iat, exp, ...rest } = payload;
      assert.deepEqual(rest, { sub: 'ann', n: null, deep: { a: [1, 'ü'] }, iss: plain.jwksDomain });
      assert.equal(exp - iat, 60);
      assert.ok(iat >= now - 1 && iat <= now + 5);
    });

    it('S24 is signed by the dynamic key on demand', async () => {
      const [header] = assertSigned(await sign({ useStaticSigningKey: false }), await published());
      assert.match(header.kid, /^d-\d{13}$/);
      assert.match(parts(await sign({ useStaticSigningKey: true }))[0].kid, /^s-/);
    });

    it('keeps an issuer of its own and no time of its own', async () => {
      const [, payload] = parts(await sign({ payload: { iss: 'me', iat: 1, exp: 2, '\\"': '\\', list: [] } }));
      assert.deepEqual([payload.iss, payload['\\"']], ['me', '\\']);
      assert.ok(payload.iat > 2 && payload.exp === payload.iat + 60);
    });

    it('is made for RS256 alone', async () => {
      for (const algorithm of ['HS256', 'none', 'rs256', '']) assertStatus(await at.post('/recipe/jwt', { ...plain, algorithm }), 'UNSUPPORTED_ALGORITHM_ERROR');
    });

    for (const [name, values] of Object.entries({
      payload: [undefined, null, 'x', [], 1], algorithm: [undefined, null, 1, {}], jwksDomain: [undefined, null, 1],
      validity: [undefined, null, '60', 1.5, {}], useStaticSigningKey: [null, 'true', 1],
    })) {
      it(`C03 is refused with a wrong ${name}`, async () => {
        for (const value of values) assertRefused(await at.post('/recipe/jwt', { ...plain, [name]: value }), 400, `Field name '${name}' is invalid in JSON input`);
      });
    }

    it('is refused when it would end at once', async () => {
      for (const validity of [0, -1, Number.MAX_SAFE_INTEGER]) assertRefused(await at.post('/recipe/jwt', { ...plain, validity }), 400, /validity/);
    });

    it('C02 is refused without a key', async () => {
      assertRefused(await bare.post('/recipe/jwt', plain), 401, 'Invalid API key');
    });
  });

  it('S23 leaves one static key', async () => {
    await Promise.all(Array.from({ length: 8 }, () => sign()));
    assert.equal(stack.sql("SELECT COUNT(*) FROM signing_key WHERE realm_id = 1 AND purpose = 'static'")[0][0], '1');
  });
});

throughCore({ webs: ['lighttpd'], config: { cdi: { test_mode: 'yes' } }, name: 'with shared paths' }, (core, web, stack) => {
  const kinds = (app) => stack.sql(`SELECT purpose, COUNT(*) FROM signing_key WHERE realm_id = (SELECT id FROM realm WHERE app = '${app.prefix.slice(7)}' AND tenant = 'public')
    GROUP BY purpose ORDER BY purpose`).map(([purpose, count]) => `${count} ${purpose}`);
  const sign = async (app, useStaticSigningKey) => parts(assertStatus(await app.post('/recipe/jwt', { ...plain, useStaticSigningKey })).jwt)[0].kid;
  const atOnce = (app, fixed) => Promise.all(Array.from({ length: 24 }, () => sign(app, fixed)));

  it('S23 makes one key of a kind, however many processes are asked at once', async () => {
    const app = await core.app();
    assert.equal(new Set(await atOnce(app, false)).size, 1);
    assert.deepEqual(kinds(app), ['1 dynamic']);
    assert.equal(new Set(await atOnce(app, true)).size, 1);
    assert.deepEqual(kinds(app), ['1 dynamic', '1 static']);
  });

  /** Makes a key older, as if that time had passed; processes that keep it opened do not notice. */
  const age = (kid, seconds) => stack.sql(`UPDATE signing_key SET created_us = created_us - ${seconds} * 1000000 WHERE kid = '${kid}'`);

  it('S23 makes one successor, however many processes find it due', async () => {
    const app = await core.app();
    const old = await sign(app, false);
    age(old, rotation - overlap);
    assert.deepEqual([...new Set(await atOnce(app, false))], [old]);
    assert.deepEqual(kinds(app), ['2 dynamic']);
  });

  it('S22 publishes a key before it signs', async () => {
    const app = await core.app();
    const old = await sign(app, false);
    age(old, rotation - overlap);
    stack.sql('UPDATE realm SET key_generation = key_generation + 1');
    const listed = (await app.get('/.well-known/jwks.json')).json.keys.map(({ kid }) => kid);
    assert.equal(listed.length, 3);
    assert.ok(listed[0] > old && listed[1] === old, `${listed}`);
    for (let i = 0; i < 8; i++) assert.equal(await sign(app, false), old);
  });

  it('S21 follows an application\'s own interval, and publishes what may verify', async () => {
    const app = await core.app({ access_token_dynamic_signing_key_update_interval: '0.001' });
    const kids = new Set();
    for (const until = Date.now() + 60000; kids.size < 2 && Date.now() < until;) {
      kids.add(parts(assertStatus(await app.post('/recipe/jwt', { ...plain, useStaticSigningKey: false })).jwt)[0].kid);
    }
    const listed = (await app.get('/.well-known/jwks.json')).json.keys.map(({ kid }) => kid);
    assert.equal(kids.size, 2);
    for (const kid of kids) assert.ok(listed.includes(kid), `${kid} in ${listed}`);
  });

  it('S21 verifies a session\'s token after its key has been followed by another', async () => {
    const app = await core.app({ access_token_dynamic_signing_key_update_interval: '0.001' });
    const { token } = (await createSession(app)).accessToken;
    const [{ kid }] = parts(token);
    let next = kid;
    for (const until = Date.now() + 60000; next === kid && Date.now() < until;) next = await sign(app, false);
    assert.notEqual(next, kid);
    assert.equal(assertStatus(await verifySession(app, token)).session.userId, 'somebody');
    const { keys } = (await app.get('/.well-known/jwks.json')).json;
    assertSigned(token, keys);
  });

  it('gatehousectl lists an application\'s keys, and revokes one, which is published no more', async () => {
    const app = await core.app();
    const name = app.prefix.slice(7);
    const listed = () => stack.ctlRows('keys', 'list', '--app', name);
    const kids = async () => (await app.get('/.well-known/jwks.json')).json.keys.map(({ kid }) => kid);
    assert.deepEqual(listed(), []);
    const { token } = (await createSession(app, { useDynamicSigningKey: false })).accessToken;
    const [{ kid }] = parts(token);
    const before = await kids();
    assert.deepEqual(listed().map((row) => row.kid).sort(), [...before].sort());
    assert.deepEqual(listed().map(({ alg, kind, state }) => `${alg} ${kind} ${state}`).sort(), ['RS256 dynamic signing', 'RS256 static signing']);
    assert.match(kid, /^s-/);
    for (const args of [[kid], [kid, '--app', 'public'], ['s-none', '--app', name], [kid, '--app', 'nobody']]) assert.equal(stack.ctlFails('keys', 'revoke', ...args).code, 1, `${args}`);
    for (const args of [[], ['--app', name], [kid, '--app'], [kid, 'x', '--app', name]]) assert.equal(stack.ctlFails('keys', 'revoke', ...args).code, 2, `${args}`);
    assert.deepEqual(await kids(), before);
    stack.ctl('keys', 'revoke', kid, '--app', name);
    const after = await kids();
    assert.ok(!after.includes(kid), `${after}`);
    assert.deepEqual(after.map((one) => one.slice(0, 2)), ['d-', 's-']);
    assert.equal(stack.sql(`SELECT COUNT(*) FROM event WHERE kind = 'key.revoked' AND detail LIKE '%${kid}%'`)[0][0], '1');
  });

  it('a revoked key\'s tokens are refused by every process, and their sessions go on with another', async () => {
    const app = await core.app({ access_token_dynamic_signing_key_update_interval: '0.002' });
    const made = await createSession(app, { useDynamicSigningKey: false });
    const { token } = made.accessToken;
    const judged = () => Promise.all(Array.from({ length: 24 }, async () => (await verifySession(app, token)).json.status));
    assert.deepEqual(new Set(await judged()), new Set(['OK']));
    stack.ctl('keys', 'revoke', parts(token)[0].kid, '--app', app.prefix.slice(7));
    await until(async () => (await judged()).every((status) => status === 'TRY_REFRESH_TOKEN'), 'every process to look');
    /* A process that none of the calls came to may still have to look. */
    let next;
    await until(async () => {
      next = assertStatus(await refreshSession(app, made.refreshToken.token, { useDynamicSigningKey: false })).accessToken.token;
      return parts(next)[0].kid !== parts(token)[0].kid;
    }, 'a token of another key');
    assert.equal(assertStatus(await verifySession(app, next)).session.userId, 'somebody');
  });

  it('S01 a first token loses no time to the making of its key', async () => {
    for (const useDynamicSigningKey of [true, false]) {
      const app = await core.app();
      await createSession(app, { useDynamicSigningKey });
      const [[ahead]] = stack.sql(`SELECT s.created_us >= k.created_us FROM session s JOIN signing_key k ON k.realm_id = s.realm_id
        JOIN realm r ON r.id = s.realm_id WHERE r.app = '${app.prefix.slice(7)}'`);
      assert.equal(ahead, '1');
    }
  });

  it('S24 takes no token of a back end\'s own for a session\'s', async () => {
    const app = await core.app();
    for (const useStaticSigningKey of [true, false]) {
      const { jwt } = assertStatus(await app.post('/recipe/jwt', { ...plain, payload: { sub: 'ann', sessionHandle: 'x' }, useStaticSigningKey }));
      assertStatus(await verifySession(app, jwt), 'TRY_REFRESH_TOKEN');
    }
  });

  it('C04 takes no token of another application', async () => {
    const [one, other] = [await core.app(), await core.app()];
    const { token } = (await createSession(one)).accessToken;
    assertStatus(await verifySession(other, token), 'TRY_REFRESH_TOKEN');
    assertStatus(await verifySession(one, token));
  });

  it('C04 gives applications keys of their own', async () => {
    const [one, other] = [await core.app(), await core.app()];
    const kids = async (app) => (await app.get('/.well-known/jwks.json')).json.keys.map(({ kid }) => kid);
    const [ours, theirs] = [await kids(one), await kids(other)];
    assert.equal(new Set([...ours, ...theirs]).size, 4);
    assert.deepEqual(await kids(one), ours);
  });

  it('C04 signs for the public tenant alone', async () => {
    const app = await core.app();
    assertStatus(await app.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' }));
    assertRefused(await app.tenant('t1').post('/recipe/jwt', plain), 403);
    assertRefused(await app.tenant('t1').get('/recipe/jwt/jwks'), 403);
    assert.deepEqual((await app.tenant('t1').get('/.well-known/jwks.json')).json, (await app.get('/.well-known/jwks.json')).json);
    assertRefused(await core.with({ prefix: '/appid-nobody' }).get('/.well-known/jwks.json'), 400, /AppId or tenantId not found/);
  });

  it('S25 lists the service\'s own keys and the application\'s at one address', async () => {
    const res = await core.with({ key: null, cdi: null }).get('/.well-known/jwks.json');
    assert.equal(res.status, 200, res.text);
    const kinds = res.json.keys.map(({ kid }) => (/^[ds]-/.test(kid) ? kid.slice(0, 2) : 'own'));
    assert.deepEqual([...new Set(kinds)].sort(), ['d-', 'own', 's-']);
    assert.deepEqual((await web.request('GET', '/.well-known/jwks.json')).json, res.json);
    assert.match(res.headers['cache-control'], /^public, max-age=300$/);
  });
});
