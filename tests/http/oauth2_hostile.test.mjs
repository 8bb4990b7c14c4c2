// SPDX-License-Identifier: MIT
// Providers that lie, break off, never end or never answer: nobody gets in, no
// account is touched, and the house goes on.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, tally, together } from './lib/checks.mjs';
import { freePort, until } from './lib/process.mjs';
import { replies } from './lib/hostile.mjs';
import {
  arrive, assertSent, assertSentBack, callbackOf, certificate, counts, depart, failed, locationOf, me, oauth2Config, somebody, startEvil, walkEvil,
} from './lib/oauth2.mjs';

const { evil, section } = await startEvil();
const { certificateFile, ...pair } = certificate();
const { evil: sealed } = await startEvil({ tls: pair });
after(() => Promise.all([evil.stop(), sealed.stop()]));
const now = () => Math.floor(Date.now() / 1000);
const other = 'http://127.0.0.1:9/elsewhere';

const broken = {
  page: replies.page, missing: replies.error(404), failing: replies.error(500), garbage: replies.garbage, list: replies.list, empty: replies.empty, close: replies.close,
  half: replies.half, huge: replies.huge, loop: replies.loop,
};
/** What discovery documents get wrong: changes of the right one, or replies. */
const base = evil.issuer('bad-document');
const documents = {
  'A-10.5.3 another issuer': { issuer: other }, 'A-10.5.3 an issuer with a slash': { issuer: `${base}/` }, 'A-10.5.3 an issuer in capitals': { issuer: base.toUpperCase() },
  'A-10.5.3 no issuer': { issuer: undefined }, 'A-10.5.3 a list of issuers': { issuer: [base] }, 'no token endpoint': { token_endpoint: undefined },
  'no place for browsers': { authorization_endpoint: undefined }, 'no keys': { jwks_uri: undefined }, 'R9700-2.1.1 no S256': { code_challenge_methods_supported: ['plain'] },
  'a script': { authorization_endpoint: 'javascript:alert(1)' }, 'a token endpoint in clear': { token_endpoint: 'http://192.0.2.1/token' }, 'keys in a file': { jwks_uri: 'file:///etc/passwd' },
  'a relative address': { token_endpoint: '/token' }, ...broken,
};
const badKeys = {
  'no-key': [], 'cipher-key': [{ ...evil.key.jwk, use: 'enc' }], 'short-key': [{ ...evil.key.jwk, n: 'AQAB' }], 'secret-key': [{ kty: 'oct', kid: 'key-1', alg: 'HS256', k: 'c2VjcmV0' }],
};
for (const [name, keys] of Object.entries(badKeys)) evil.traits(name, { jwks: { keys } });
evil.traits('silent-iss', { discovery: { authorization_response_iss_parameter_supported: undefined } });

/* Whoever lets one wait is left alone for a while: each has its own name. */
const slow = { mute: replies.hang, dripping: replies.drip, stammering: replies.dripHeaders };
const issuers = ['one', 'two', 'rotates', 'rotates-apache', 'silent-iss', 'bad-document', 'bad-keys', 'silent', ...Object.keys(slow), ...Object.keys(badKeys)];
const providers = {
  ...Object.fromEntries(issuers.map((name) => [name, section(name)])),
  down: { issuer: `http://127.0.0.1:${await freePort()}/down` },
  untrusted: { issuer: sealed.issuer('untrusted') },
  trusted: { issuer: sealed.issuer('trusted'), ca_file: certificateFile },
  otherwise: { issuer: sealed.issuer('trusted').replace('localhost', '127.0.0.1'), ca_file: certificateFile },
};

through({ config: { ...oauth2Config(providers), two_factor: { email_default: 'no' } } }, (web, stack) => {
  /** The attempt fails with one of the codes, and leaves nothing behind. */
  async function refused(name, way, codes = ['authentication_failed'], options = {}) {
    const before = counts(stack);
    const who = somebody(web);
    const res = await walkEvil(who, evil, name, way, options);
    const code = new URL(res.headers.location).searchParams.get('code');
    assert.ok([codes].flat().includes(code), `${res.headers.location} ${JSON.stringify(way)}`);
    assertSentBack(res, code);
    assert.deepEqual(counts(stack), before);
    assert.deepEqual([...who.browser.jar.keys()].filter((cookie) => cookie !== 'session_token'), []);
    return who;
  }

  describe('ID tokens', () => {
    it('are taken when all of it is right', async () => {
      const who = somebody(web);
      assertSent(await walkEvil(who, evil, 'one', {}));
      await me(who);
      assertSent(await walkEvil(somebody(web), evil, 'one', { claims: { aud: ['gatehouse', 'another'], azp: 'gatehouse' } }));
      assertSent(await walkEvil(somebody(web), evil, 'one', { claims: { at_hash: undefined, auth_time: undefined } }));
    });

    const bad = {
      'A-6.8.2 unsigned (alg none)': { sign: 'none' },
      'A-6.8.2 signed with the public key as secret (HS256)': { sign: 'HS256' },
      'A-6.8.2 with its signature cut off': { sign: 'cut' },
      'A-6.8.2 signed by a stranger under a known kid': { sign: 'stranger' },
      'A-6.8.2 signed by a key that came along': { sign: 'stranger', header: { kid: undefined, jwk: evil.stranger.jwk } },
      'A-6.8.2 signed by the provider\'s key of another algorithm': { sign: 'ES256' },
      'A-6.8.2 with a critical extension nobody knows': { header: { crit: ['exp'], exp: 1 } },
      'F54 under a kid that does not exist': { header: { kid: 'key-of-nobody' } },
      'A-10.5.1 without nonce': { claims: { nonce: undefined } },
      'A-10.5.1 with another nonce': { claims: { nonce: 'another' } },
      'A-10.5.1 with a list of nonces': { claims: { nonce: ['a', 'b'] } },
      'A-10.5.3 of another issuer': { claims: { iss: other } },
      'A-10.5.3 of an issuer that differs by a slash': { claims: { iss: `${evil.issuer('one')}/` } },
      'A-10.5.3 of no issuer': { claims: { iss: undefined } },
      'A-10.5.4 for another client': { claims: { aud: 'another' } },
      'A-10.5.4 for a list of others': { claims: { aud: ['another', 'gatehouses'] } },
      'A-10.5.4 for nobody': { claims: { aud: undefined } },
      'A-10.5.4 for an empty list': { claims: { aud: [] } },
      'A-10.5.4 for two, given to the other one': { claims: { aud: ['gatehouse', 'another'], azp: 'another' } },
      'A-10.5.4 for us, given to another': { claims: { azp: 'another' } },
      'that are over': { claims: { iat: now() - 7200, exp: now() - 3600 } },
      'that have no end': { claims: { exp: undefined } },
      'that are not valid yet': { claims: { nbf: now() + 3600 } },
      'from the future': { claims: { iat: now() + 3600, exp: now() + 7200 } },
      'that end in words': { claims: { exp: 'tomorrow' } },
      'that belong to another access token': { claims: { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' } },
    };
    for (const [name, way] of Object.entries(bad)) it(`are refused ${name}`, () => refused('one', way));

    it('are refused without a subject', async () => {
      for (const sub of [undefined, '', 5, null, 'x'.repeat(300)]) {
        await refused('one', { claims: { sub }, infoChanges: { sub } }, ['sub_claim_missing', 'authentication_failed']);
      }
    });

    it('are refused when there is none', () => refused('one', { plain: true }));

    it('A-10.5.1 are refused a second time, for another start', async () => {
      const first = locationOf(await depart(somebody(web), 'one')).searchParams.get('nonce');
      await refused('one', { claims: { nonce: first } });
    });
  });

  describe('user-info', () => {
    it('of another person is refused', async () => {
      for (const infoChanges of [{ sub: 'another' }, { sub: undefined }, { sub: ['a'] }]) await refused('one', { infoChanges }, ['authentication_failed', 'sub_claim_missing']);
    });

    it('without an address opens no account', () => refused('one', { person: { email: undefined } }, 'email_claim_missing'));

    it('with what is no address opens no account', async () => {
      for (const email of ['', 'nobody', 5, 'a@b@c', 'x\r\nBcc: y@example.org', `${'x'.repeat(400)}@example.org`]) {
        await refused('one', { person: { email } }, ['email_claim_missing', 'authentication_failed', 'email_invalid']);
      }
    });

    for (const [name, reply] of Object.entries(broken)) {
      it(`F54 that is ${name} opens nothing`, () => refused('one', { info: reply }, ['provider_unavailable', 'authentication_failed']));
    }

    it('names whom it will: a name here is a text, and no more than that', async () => {
      for (const name of ['<script>alert(1)</script>', 'x'.repeat(5000), '\u202eevil', 'a\r\nSet-Cookie: b=c', ' ']) {
        const who = somebody(web);
        const res = await walkEvil(who, evil, 'one', { person: { name } });
        if (res.headers.location.includes('code=')) assertSentBack(res, 'authentication_failed');
        else assert.ok(((await me(who)).name ?? '').length <= 200);
      }
      for (const name of [5, ['a'], { a: 1 }]) await refused('one', { person: { name } });
    });
  });

  describe('the token endpoint', () => {
    for (const [name, reply] of Object.entries({ ...broken, refusing: replies.error(400, { error: 'invalid_grant' }), words: replies.error(200, { access_token: 5, id_token: {} }) })) {
      it(`F54 that is ${name} opens nothing, and the next sign-in works`, async () => {
        await refused('one', { token: reply }, ['provider_unavailable', 'authentication_failed']);
        assertSent(await walkEvil(somebody(web), evil, 'one', {}));
      });
    }

    it('F54 is asked once, and no redirection is followed', async () => {
      const before = evil.asked.length;
      await refused('one', { token: replies.loop }, ['provider_unavailable', 'authentication_failed']);
      assert.equal(evil.asked.slice(before).filter((a) => a.what === 'token').length, 1);
    });

    it('R9700-2.4 gets the code, the verifier and our address: no password, no token', async () => {
      assertSent(await walkEvil(somebody(web), evil, 'one', {}));
      const { form } = evil.asked.filter((a) => a.what === 'token').at(-1);
      assert.deepEqual(Object.keys(form).filter((n) => !n.startsWith('client_')).sort(), ['code', 'code_verifier', 'grant_type', 'redirect_uri']);
      assert.equal(form.redirect_uri, callbackOf('one'));
      assert.match(form.code_verifier, /^[\w-]{43}$/);
    });
  });

  describe('discovery', () => {
    for (const [name, discovery] of Object.entries(documents)) {
      it(`F54 ${name}: nobody is sent there`, async () => {
        evil.traits('bad-document', { discovery });
        const before = evil.asked.length;
        assertSentBack(await depart(somebody(web), 'bad-document'), 'provider_unavailable');
        assert.ok(evil.asked.slice(before).some((a) => a.what === 'discovery'));
      });
    }

    it('F54 a provider that is down is unavailable', async () => {
      assertSentBack(await depart(somebody(web), 'down'), 'provider_unavailable');
      const res = await depart(somebody(web), 'down', { headers: { Accept: 'application/json' } });
      assert.equal(res.status, 503);
      assert.equal(res.json.code, 'PROVIDER_UNAVAILABLE');
      assert.doesNotMatch(res.text, /127\.0\.0\.1/);
    });

    it('F54 a certificate that nobody vouches for, or of another name, is not believed', async () => {
      for (const name of ['untrusted', 'otherwise']) assertSentBack(await depart(somebody(web), name), 'provider_unavailable');
      assertSent(await walkEvil(somebody(web), sealed, 'trusted', {}));
    });
  });

  describe('keys', () => {
    for (const [name, jwks] of Object.entries(broken)) {
      it(`F54 ${name}: no ID token is believed`, async () => {
        evil.traits('bad-keys', { jwks });
        const before = evil.asked.length;
        await refused('bad-keys', {}, ['provider_unavailable', 'authentication_failed']);
        assert.ok(evil.asked.slice(before).some((a) => a.what === 'jwks'));
      });
    }
    for (const name of Object.keys(badKeys)) {
      it(`A-6.8.2 ${name}: no ID token is believed`, () => refused(name, {}, ['provider_unavailable', 'authentication_failed']));
    }

    it('F54 that were rotated are fetched anew, and the old one is no longer believed', async () => {
      const name = web.name === 'apache' ? 'rotates-apache' : 'rotates';
      for (let i = 0; i < 3; i += 1) assertSent(await walkEvil(somebody(web), evil, name, {}));
      await evil.rotate(name);
      for (let i = 0; i < 6; i += 1) assertSent(await walkEvil(somebody(web), evil, name, {}));
      await refused(name, { sign: 'stranger' });
    });
  });

  describe('mix-up', () => {
    it('R9207-2.4 A-10.2.2 an answer that names another issuer, or none, is refused', async () => {
      for (const iss of [evil.issuer('two'), `${evil.issuer('one')}/`, '', undefined]) await refused('one', { query: { iss } });
    });

    it('R9207-2.4 where none is promised none is needed, and a wrong one is refused', async () => {
      assertSent(await walkEvil(somebody(web), evil, 'silent-iss', { query: { iss: undefined } }));
      await refused('silent-iss', { query: { iss: evil.issuer('two') } });
    });

    it('A-10.2.2 one provider\'s code is of no use with another\'s state', async () => {
      const who = somebody(web);
      const [one, two] = [locationOf(await depart(who, 'one')), locationOf(await depart(who, 'two'))];
      const code = evil.grant(two.href).searchParams.get('code');
      assertSentBack(await arrive(who, evil.grant(one.href, { query: { code } })), 'authentication_failed');
    });

    it('A-10.2.2 a provider\'s state is of no use at another\'s address', async () => {
      const who = somebody(web);
      const url = evil.grant(locationOf(await depart(who, 'one')).href);
      assertSentBack(await arrive(who, String(url).replace('/one?', '/two?')), 'invalid_state');
      assertSent(await arrive(who, url));
    });
  });

  describe('who never answers', () => {
    it('A-15.2.2 F54 leaves everybody else served', async () => {
      const session = await web.signIn();
      const begun = [];
      for (let i = 0; i < 4; i += 1) {
        const who = somebody(web);
        begun.push([who, evil.grant(locationOf(await depart(who, 'silent')).href, { token: replies.hang })]);
      }
      const ended = [];
      const held = begun.map(([who, url]) => arrive(who, url).then((res) => ended.push(res)));
      await until(() => evil.hanging('token') === 4, 'requests that hang');
      const answers = await together(20, () => web.request('GET', '/api/auth/status', { headers: { Authorization: `Bearer ${session.accessToken}` } }));
      const { status } = await session.browser.post('/api/auth/refresh', {});
      assert.deepEqual(ended.map((res) => `${res.status} ${res.headers.location}`), [], 'all of it happened while the provider kept silent');
      assert.deepEqual([tally(answers), status], [{ 200: 20 }, 200]);
      evil.release();
      await Promise.all(held);
      for (const res of ended) assertSentBack(res, 'provider_unavailable');
    });

    if (web.name === 'lighttpd') {
      it('F54 or says a byte now and then, is given up', async () => {
        const begun = [];
        for (const house of [web, web.other]) {
          for (const [name, token] of Object.entries(slow)) {
            const who = somebody(house);
            begun.push([who, evil.grant(locationOf(await depart(who, name)).href, { token })]);
          }
        }
        const answers = await Promise.all(begun.map(([who, url]) => arrive(who, url)));
        for (const res of answers) assertSentBack(res, 'provider_unavailable');
      });
    }
  });

  it('F54 tells the page of failures nothing but words of ours', async () => {
    const who = somebody(web);
    const location = locationOf(await depart(who, 'one')).href;
    const back = evil.grant(location, { query: { code: undefined, error: 'x"><script>', error_description: 'https://evil.test/ call 555' } });
    const res = await arrive(who, back);
    assertSentBack(res, 'authentication_failed');
    assert.doesNotMatch(res.headers.location.slice(failed.length), /script|evil|555/);
  });
});
