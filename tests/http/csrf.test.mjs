// SPDX-License-Identifier: MIT
// What a foreign page can make a browser send, for every row of the route table:
// it changes nothing, and only our own pages and those allowed get through.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, bearer, bin, move, sessionRow, status } from './lib/checks.mjs';
import { until } from './lib/process.mjs';
import { assertHardened, assertRefusal, stateOf } from './lib/answers.mjs';
import { allowedAt, assertHandled, bodyOf, credentialOf, everything, guarded, paths, pathOf, routes, still, title, unsafe, whole } from './lib/routes.mjs';

const own = 'https://id.example.test';
const friend = 'https://app.example.test';
const config = { ...whole, http: { allowed_origins: `${friend} https://shop.example.org:8443`, public_url: own, require_https: 'no' }, step_up: still.step_up, two_factor: still.two_factor, janitor: still.janitor, sessions: { activity_interval: 110 } };

/* What comes from elsewhere, or does not say where from. */
const foreign = {
  'a foreign Origin': { Origin: 'https://evil.example' },
  'Origin null': { Origin: 'null' },
  'an empty Origin': { Origin: '' },
  'a foreign Origin, cross-site': { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
  'a foreign Origin that says same-origin': { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
  'our Origin that says cross-site': { Origin: own, 'Sec-Fetch-Site': 'cross-site' },
  'Sec-Fetch-Site cross-site alone': { 'Sec-Fetch-Site': 'cross-site' },
  'Sec-Fetch-Site same-site alone': { 'Sec-Fetch-Site': 'same-site' },
  'Sec-Fetch-Site unheard of': { 'Sec-Fetch-Site': 'same-origin-ish' },
  'same-site from a host that is not allowed': { Origin: 'https://other.example.test', 'Sec-Fetch-Site': 'same-site' },
  'nothing at all': {},
  'a foreign Referer': { Referer: 'https://evil.example/id.example.test' },
  'a Referer that starts like us': { Referer: `${own}.evil.example/` },
  'a form of our own page (SFM-3)': { Origin: own, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' },
  'a frame': { Origin: own, 'Sec-Fetch-Dest': 'iframe' },
  'an image': { Referer: `${own}/`, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'image' },
};
const friendly = {
  'our Origin': { Origin: own },
  'our Origin, same-origin': { Origin: own, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' },
  'Sec-Fetch-Site same-origin alone': { 'Sec-Fetch-Site': 'same-origin' },
  'our Referer': { Referer: `${own}/some/page?x=1` },
  'an allowed Origin': { Origin: friend },
  'an allowed Origin, cross-site': { Origin: friend, 'Sec-Fetch-Site': 'cross-site' },
  'an allowed Origin with a port': { Origin: 'https://shop.example.org:8443', 'Sec-Fetch-Site': 'same-site' },
};
/* Not our origin, however much it looks like it. */
const lookalikes = [
  'null', 'NULL', '*', 'https://', 'https://id.example.test.evil.example', 'https://evil-id.example.test', 'https://evil.id.example.test',
  'https://idXexample.test', 'https://ID.EXAMPLE.TEST', 'HTTPS://id.example.test', 'https://id.example.test:443', 'https://id.example.test:8443',
  'http://id.example.test', 'https://id.example.test/', 'https://id.example.test.', 'https://id.example.test@evil.example', 'https://id.example.test#',
  'https://id.example.test?', `${own}, https://evil.example`, `https://evil.example, ${own}`, `${own} ${own}`, 'https://xn--d-7ga.example.test',
  'https://shop.example.org', 'https://shop.example.org:8443.evil.example', 'https://app.example.testing', 'file://', 'https://example.test', 'id.example.test',
];

/** A request of this row with every cookie of a signed-in browser. */
function send(web, route, person, headers, { id = person.other } = {}) {
  const cookie = [...person.browser.jar.values()].map((c) => `${c.name}=${c.value}`).join('; ');
  return web.request(route.method, pathOf(route, id), { headers: { Cookie: cookie, ...headers }, json: bodyOf(route) });
}

/** What the database holds of a person, and of whom their two-factor token is
 *  about: as long as it stays, so does the worth of all they carry. */
function standing(stack, { subject, waiting = subject }) {
  const ids = `(${bin(subject)}, ${bin(waiting)})`;
  const tables = { account: 'id', account_role: 'account_id', challenge: 'account_id', totp: 'account_id', recovery_code: 'account_id' };
  return JSON.stringify(stack.sql([
    ...Object.entries(tables).map(([table, column]) => `SELECT * FROM ${table} WHERE ${column} IN ${ids}`),
    `SELECT * FROM session WHERE subject IN ('${subject}', '${waiting}')`,
    'SELECT * FROM realm', 'SELECT COUNT(*) FROM token_revocation',
  ].join(';\n')));
}

/** Somebody signed in here and on another device. */
async function pair(web) {
  const here = await web.signIn();
  const there = await web.signIn({ email: here.email, register: false });
  return { ...here, other: there.sessionId };
}

/** Gives somebody with what a row needs: the same as before as long as what was
 *  asked has left all as it was. */
function people(web, stack) {
  const known = new Map();
  return async (route) => {
    const needs = route !== undefined && guarded(route);
    const old = known.get(needs);
    if (old && standing(stack, old.caller) === old.standing) return old.caller;
    const caller = await (needs ? everything : pair)(web, stack);
    known.set(needs, { caller, standing: standing(stack, caller) });
    return caller;
  };
}

function crossSite(web, stack) {
  const person = people(web, stack);

  for (const route of unsafe.filter((r) => r.csrf !== 'none')) {
    it(`A-3.5.1 SFM-1 SFM-2 ${title(route)} refuses what a foreign page sends and changes nothing`, async () => {
      const victim = await person(route);
      const state = stateOf(stack);
      for (const [name, headers] of Object.entries(foreign)) {
        const res = await send(web, route, victim, headers);
        assert.equal(res.status, 403, `${name}: ${res.text}`);
        assertRefusal(res, 403, 'CROSS_SITE_REQUEST');
        assert.deepEqual(res.cookies, [], name);
      }
      assert.equal(stateOf(stack), state);
      assertOk(await status(web, victim.accessToken));
    });

    it(`A-3.5.1 ${title(route)} takes the same from our pages and those allowed`, async () => {
      for (const [name, headers] of Object.entries(friendly)) assertHandled(route, await send(web, route, await person(route), headers), name);
    });
  }

  for (const route of unsafe.filter((r) => r.csrf === 'none')) {
    it(`A-3.5.1 ${title(route)} is not opened by cookies, from wherever they come`, async () => {
      const victim = await person();
      const state = stateOf(stack);
      for (const headers of [...Object.values(foreign), ...Object.values(friendly)]) {
        assertRefusal(await send(web, route, victim, headers), 401, 'AUTHENTICATION_REQUIRED');
      }
      assert.equal(stateOf(stack), state);
    });
  }

  for (const route of unsafe.filter((r) => r.csrf === 'browser')) {
    it(`SFM-4 F55 ${title(route)} refuses a foreign page also without cookies`, async () => {
      const { email, password } = await web.signIn();
      const json = { ...bodyOf(route), ...(route.name === 'auth.login' ? { email, password } : {}) };
      const state = stateOf(stack);
      for (const [name, headers] of Object.entries(foreign)) {
        if (!Object.values(headers).some(Boolean)) continue; // as programs do
        const res = await web.request(route.method, route.path, { headers, json });
        assert.equal(res.status, 403, name);
        assertRefusal(res, 403, 'CROSS_SITE_REQUEST');
        assert.deepEqual(res.cookies, []);
      }
      assert.equal(stateOf(stack), state);
      assertHandled({ ...route, name: route.name === 'auth.login' ? 'auth.register' : route.name }, await web.request(route.method, route.path, { json }));
    });
  }

  it('A-7.3.1 a foreign page does not keep a session from growing old', async () => {
    const victim = await person();
    const seen = () => sessionRow(stack, victim.sessionId, 'active_us')[0];
    move(stack, victim.sessionId, { active_us: -120 });
    const before_ = seen();
    const put = unsafe.find((r) => r.name === 'session.data_put');
    for (const headers of Object.values(foreign)) assertRefusal(await send(web, put, victim, headers), 403, 'CROSS_SITE_REQUEST');
    assert.equal(seen(), before_);
    assertOk(await send(web, put, victim, { Origin: own }));
    await until(() => seen() !== before_, 'the stamp of one of our own pages');
  });

  it('a program with its own header is asked for no Origin', async () => {
    for (const route of unsafe.filter((r) => r.csrf === 'cookie')) {
      const caller = await person(route);
      assertHandled(route, await web.request(route.method, pathOf(route, caller.other), { headers: credentialOf(route, caller), json: bodyOf(route) }));
    }
  });
}

function mediaTypes(web, stack) {
  const person = people(web, stack);
  let key;
  before(() => {
    [{ key }] = stack.ctlRows('api-key', 'create', `types ${web.name}`);
  });
  const simple = ['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'];
  const wrong = [...simple, 'text/json', 'application/jsonp', 'application/json-seq', 'application/json; charset=latin1', 'application/json; charset=utf-16',
    'application/json, text/plain', 'text/plain; application/json', 'application', 'application/ json', '*/*', 'application/x-json'];
  const right = ['application/json', 'APPLICATION/JSON', 'application/json;charset=utf-8', 'application/json; charset=UTF-8', 'application/json; charset="utf-8"', 'application/json '];

  for (const route of routes.filter((r) => r.body !== 'none')) {
    const request = async (type, caller) => web.request(route.method, pathOf(route, caller.other), {
      headers: { ...credentialOf(route, { ...caller, key }), ...(type === undefined ? {} : { 'Content-Type': type }) }, body: JSON.stringify(bodyOf(route)),
    });

    it(`A-3.5.2 ${title(route)} takes its own media type only`, async () => {
      const caller = await person(route);
      const state = stateOf(stack);
      for (const type of [...wrong, undefined]) {
        if (type === undefined && route.fields.length === 0 && route.body === 'JSON') continue;
        if (route.body === 'form or JSON' && type === 'application/x-www-form-urlencoded') continue;
        const res = await request(type, caller);
        assert.equal(res.status, 415, `${type}: ${res.text}`);
        assertRefusal(res, 415, 'UNSUPPORTED_MEDIA_TYPE');
      }
      assert.equal(stateOf(stack), state);
    });

    it(`A-3.5.2 ${title(route)} knows that type in every spelling`, async () => {
      for (const type of right) assertHandled(route, await request(type, await person(route)), type);
    });
  }
}

function methods(web, stack) {
  let all;
  before(async () => {
    all = { ...await everything(web, stack), key: stack.ctlRows('api-key', 'create', `methods ${web.name}`)[0].key };
  });

  /* Refreshing by GET is a change on purpose, for older clients (doc/api.md). */
  const reading = ['GET', 'HEAD', 'OPTIONS'];
  it('A-3.5.3 GET, HEAD and OPTIONS change nothing at any path', async () => {
    const cookie = [...all.browser.jar.values()].map((c) => `${c.name}=${c.value}`).join('; ');
    const state = stateOf(stack);
    for (const path of paths) {
      for (const method of reading.filter((m) => m === 'OPTIONS' || !path.endsWith('/refresh'))) {
        const res = await web.request(method, `${pathOf(path, all.other)}?_method=DELETE`, {
          headers: { Cookie: cookie, Origin: own, 'X-HTTP-Method-Override': 'DELETE', 'X-Method-Override': 'POST' },
        });
        assert.deepEqual(res.cookies, [], `${method} ${path}`);
      }
    }
    assert.equal(stateOf(stack), state);
  });

  for (const path of paths) {
    const allowed = allowedAt(path);
    it(`A-4.1.4 R9110-15.5.6 ${path} takes ${allowed.join(', ')} and refuses others with Allow`, async () => {
      const state = stateOf(stack);
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'LOCK', 'SEARCH'].filter((m) => !allowed.includes(m))) {
        const res = await web.request(method, pathOf(path, all.other), { headers: { ...bearer(all.accessToken), Origin: own } });
        assert.equal(res.status, 405, `${method}: ${res.text}`);
        assert.equal(res.headers.allow, allowed.join(', '), method);
        if (method !== 'HEAD') assertRefusal(res, 405, 'METHOD_NOT_ALLOWED');
      }
      assert.equal(stateOf(stack), state);
    });
  }

  /* lighttpd 1.4 and Apache answer methods they do not know, TRACE (switched
   * off in conf/) and lower case by themselves; none of it reaches a handler. */
  for (const [method, expected] of Object.entries({ TRACE: [405], BREW: [405, 501], get: [400, 405, 501], post: [400, 405, 501] })) {
    it(`A-13.4.4 A-4.1.4 ${method} is refused with ${expected.join(' or ')}`, async () => {
      const state = stateOf(stack);
      const res = await web.raw(`${method} /api/auth/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${all.accessToken}\r\nConnection: close\r\n\r\n`);
      assert.ok(expected.includes(res.status), res.text);
      assert.ok(!res.text.includes(all.accessToken) && !res.text.includes(all.sessionId));
      assert.equal(stateOf(stack), state);
    });
  }

  it('OPTIONS without a preflight tells the methods of every path, and 404 elsewhere', async () => {
    for (const path of paths) {
      const res = await web.request('OPTIONS', pathOf(path, all.other));
      assert.equal(res.status, 204);
      assert.equal(res.headers.allow, allowedAt(path).join(', '));
    }
    assertRefusal(await web.request('OPTIONS', '/api/auth/none'), 404, 'NOT_FOUND');
  });

  for (const route of routes.filter((r) => r.method === 'GET')) {
    it(`R9110-9.3.2 HEAD ${route.path} is GET without its body`, async () => {
      for (const headers of [credentialOf(route, all), {}]) {
        const [get, head] = [await web.request('GET', route.path, { headers }), await web.request('HEAD', route.path, { headers })];
        const fields = (res) => Object.entries(res.headers).filter(([n]) => !['date', 'content-length', 'transfer-encoding', 'connection', 'set-cookie'].includes(n));
        assert.equal(head.status, get.status);
        assert.deepEqual(fields(head), fields(get));
        assert.deepEqual(head.cookies.map((c) => c.name), get.cookies.map((c) => c.name));
        assert.equal(head.text, '');
        assert.notEqual(get.text, '');
      }
    });
  }
}

function cors(web) {
  const preflight = (path, origin, method = 'POST') => web.request('OPTIONS', pathOf(path, '1'), {
    headers: { Origin: origin, 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': 'authorization, x-evil' },
  });
  const told = (res) => Object.keys(res.headers).filter((name) => name.startsWith('access-control-'));

  it('A-3.4.2 an origin that only looks like ours is told nothing', async () => {
    for (const Origin of lookalikes) {
      for (const path of ['/api/auth/status', '/api/auth/sessions', '/.well-known/jwks.json', '/api/auth/none']) {
        const res = await web.request('GET', path, { headers: { Origin } });
        assert.deepEqual(told(res), [], Origin);
        assert.match(res.headers.vary, /\bOrigin\b/);
      }
      const asked = await preflight('/api/auth/login', Origin);
      assertRefusal(asked, 403, 'CROSS_SITE_REQUEST');
      assert.deepEqual(told(asked), [], Origin);
    }
  });

  it('R9110-12.5.5 A-3.4.2 our own and allowed origins are named one by one, on errors too', async () => {
    for (const Origin of [own, friend, 'https://shop.example.org:8443']) {
      for (const path of ['/api/auth/status', '/api/auth/sessions', '/.well-known/jwks.json', '/healthz']) {
        const res = await web.request('GET', path, { headers: { Origin } });
        assert.equal(res.headers['access-control-allow-origin'], Origin);
        assert.equal(res.headers['access-control-allow-credentials'], 'true');
        assert.match(res.headers.vary, /\bOrigin\b/);
      }
    }
  });

  for (const path of paths) {
    it(`A-3.4.2 preflight of ${path} tells its methods to allowed origins only`, async () => {
      const good = await preflight(path, friend);
      assert.equal(good.status, 204);
      assertHardened(good);
      assert.equal(good.headers['access-control-allow-origin'], friend);
      assert.equal(good.headers['access-control-allow-methods'], allowedAt(path).join(', '));
      assert.ok(!good.headers['access-control-allow-headers'].includes('x-evil'));
      assert.equal(good.text, '');
      assertRefusal(await preflight(path, 'https://evil.example'), 403, 'CROSS_SITE_REQUEST');
    });
  }
}

through({ config }, (web, stack) => {
  describe('cross-site', () => crossSite(web, stack));
  describe('media types', () => mediaTypes(web, stack));
  describe('methods', () => methods(web, stack));
  describe('CORS', () => cors(web));
});
