// SPDX-License-Identifier: MIT
// Requests written byte by byte: too long, with two readings, with paths and
// cookies that mean something else to the next one who reads them.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { bothWebs, through } from './lib/stack.mjs';
import { assertOk, bearer, cookieHeaders, status } from './lib/checks.mjs';
import { assertHardened, assertProblemShape, assertRefusal } from './lib/answers.mjs';
import { answerOf, wire } from './lib/wire.mjs';
import { credentialOf, pathOf, routes, title, whole } from './lib/routes.mjs';

const codes = { BAD_REQUEST: 400, DUPLICATE_CREDENTIALS: 400, AUTHENTICATION_REQUIRED: 401, ACCESS_TOKEN_INVALID: 401, NOT_FOUND: 404, URL_TOO_LONG: 414, HEADER_TOO_LARGE: 431, BODY_TOO_LARGE: 413 };
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const big = (n) => 'a'.repeat(n);
const fields = (count, length) => Array.from({ length: count }, (_, i) => `X-H${i}: ${big(length)}`);
const cookies = (count) => `Cookie: ${Array.from({ length: count }, (_, i) => `c${i}=1`).join('; ')}`;

/* What is expected: a code of ours, or the bare status when the web server
 * itself answers or has no objection; [lighttpd, Apache] where they differ. */
function assertExpected(web, res, expected) {
  const wanted = Array.isArray(expected) ? expected[web.name === 'lighttpd' ? 0 : 1] : expected;
  assert.equal(res.count, 1, 'one request has one answer');
  if (typeof wanted === 'number') {
    assert.equal(res.status, wanted, res.text);
    assert.ok(!res.json?.code, 'not ours');
  } else {
    assert.equal(res.status, codes[wanted], res.text);
    assertProblemShape(res);
    assert.equal(res.json.code, wanted);
  }
}

const sizes = {
  'a URL of 4096 bytes': [`GET /healthz?${big(4096 - 9)}`, [], 200],
  'a URL of 4097 bytes': [`GET /healthz?${big(4097 - 9)}`, [], 'URL_TOO_LONG'],
  'a URL of 12 kB': [`GET /healthz?${big(12000)}`, [], 'URL_TOO_LONG'],
  'a URL of 20 kB, which is a parameter twice': [`GET /healthz?${big(20000)}`, [], 'HEADER_TOO_LARGE'],
  'a URL of 60 kB': [`GET /healthz?${big(60000)}`, [], [400, 500]],
  'a URL of 1 MiB': [`GET /healthz?${big(1 << 20)}`, [], [431, 414]],
  'a field of 30 kB': ['GET /healthz', [`X-Big: ${big(30000)}`], 200],
  'a field of 33 kB': ['GET /healthz', [`X-Big: ${big(33000)}`], 'HEADER_TOO_LARGE'],
  'a field of 60 kB': ['GET /healthz', [`X-Big: ${big(60000)}`], 'HEADER_TOO_LARGE'],
  'a field of 66 kB': ['GET /healthz', [`X-Big: ${big(66000)}`], [431, 400]],
  'a field of 1 MiB': ['GET /healthz', [`X-Big: ${big(1 << 20)}`], [431, 400]],
  '40 fields of 1 kB': ['GET /healthz', fields(40, 1000), 'HEADER_TOO_LARGE'],
  '70 fields of 1 kB': ['GET /healthz', fields(70, 1000), [431, 500]],
  '600 fields': ['GET /healthz', fields(600, 1), ['HEADER_TOO_LARGE', 400]],
  '100 cookies': ['GET /healthz', [cookies(100)], 200],
  '101 cookies': ['GET /healthz', [cookies(101)], 'HEADER_TOO_LARGE'],
  '2000 cookies': ['GET /healthz', [cookies(2000)], 'HEADER_TOO_LARGE'],
  'a cookie of 30 kB': ['GET /healthz', [`Cookie: a=${big(30000)}`], 200],
  'a token of 12 kB': ['GET /api/auth/status', [`Authorization: Bearer ${big(12000)}`], 'ACCESS_TOKEN_INVALID'],
};

/* name: [fields, body, expected] of a sign-out, which needs nothing. */
const framing = {
  'Content-Length and chunked': [['Content-Length: 2', 'Transfer-Encoding: chunked'], `${chunk('{}')}0\r\n\r\n`, [400, 200]],
  'two Content-Lengths': [['Content-Length: 2', 'Content-Length: 3'], '{} ', 400],
  'two equal Content-Lengths': [['Content-Length: 2', 'Content-Length: 2'], '{}', [400, 400]],
  'a list of Content-Lengths': [['Content-Length: 2, 2'], '{}', 400],
  'Content-Length with a plus': [['Content-Length: +2'], '{}', 400],
  'Content-Length negative': [['Content-Length: -2'], '{}', 400],
  'Content-Length in hexadecimal': [['Content-Length: 0x2'], '{}', 400],
  'Content-Length beyond 2^64': [['Content-Length: 99999999999999999999'], '{}', 400],
  'Content-Length no number': [['Content-Length: two'], '{}', 400],
  'a blank before the colon': [['Content-Length : 2'], '{}', 400],
  'chunked spelled otherwise': [['Transfer-Encoding: xchunked'], `${chunk('{}')}0\r\n\r\n`, [501, 400]],
  'chunked and something': [['Transfer-Encoding: chunked, identity'], `${chunk('{}')}0\r\n\r\n`, [501, 400]],
  'Transfer-Encoding twice': [['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], `${chunk('{}')}0\r\n\r\n`, [501, 400]],
  'chunked': [['Transfer-Encoding: chunked'], `${chunk('{}')}0\r\n\r\n`, 200],
  'chunked with trailer': [['Transfer-Encoding: chunked'], `${chunk('{')}${chunk('}')}0\r\nAuthorization: Bearer x.y.z\r\n\r\n`, 200],
  'chunked with extension': [['Transfer-Encoding: chunked'], '2;a="b"\r\n{}\r\n0\r\n\r\n', 200],
  'chunked and too long': [['Transfer-Encoding: chunked'], `${chunk(`{"a":"${big(70000)}"}`)}0\r\n\r\n`, 'BODY_TOO_LARGE'],
};

/* name: [fields, expected] of a question who one is, with no good token. */
const headers = {
  'a folded field': [['X-A: b', ' c'], 200],
  'a second Host': [['Host: evil.example'], 400],
  'NUL in a field': [['X-A: a\0b'], 400],
  'CR in a field': [['X-A: a\rX-B: b'], 400],
  'LF alone in a field': [['X-A: a\nHost: evil.example'], [400, 400]],
  'a line without colon': [['nonsense'], 400],
  'a blank before the colon': [['X-A : b'], 400],
  'a field without name': [[': b'], 400],
  'a Proxy field (httpoxy)': [['Proxy: http://127.0.0.1:1'], 200],
  'parameters as fields': [['REMOTE_ADDR: 9.9.9.9', 'REQUEST_METHOD: DELETE', 'SCRIPT_NAME: /x', 'HTTPS: on'], 200],
  'aliases of length and type': [['Content_Length: 5', 'Content_Type: text/plain'], 200],
  'a role as a field': [['FCGI-Role: AUTHORIZER'], 200],
  'the same name in two spellings': [['X-Csrf-Token: a', 'X_Csrf_Token: b'], ['BAD_REQUEST', 200]],
  'Authorization of another scheme': [['Authorization: Basic eDp5'], 200],
  'Authorization empty': [['Authorization: '], 200],
  'Bearer without token': [['Authorization: Bearer'], 200],
  'bytes above ASCII': [['X-A: \xff\xfe\x80', 'User-Agent: \xc3\x28'], 200],
};

/* Paths of GET beside one good token: none but the spelled-out one opens. */
const paths = {
  '/api/auth/sessi%6fns': 200,
  '/api/auth%2fsessions': ['BAD_REQUEST', 404],
  '/api%2Fauth/sessions': ['BAD_REQUEST', 404],
  '/api/auth%252fsessions': [404, 404],
  '/api/auth/%2e%2e/auth/sessions': 'BAD_REQUEST',
  '/api/auth/../auth/sessions': 'BAD_REQUEST',
  '/api/auth/./sessions': 'BAD_REQUEST',
  '//api/auth/sessions': 'BAD_REQUEST',
  '/api//auth/sessions': 'BAD_REQUEST',
  '/api/auth//sessions': 'BAD_REQUEST',
  '/healthz/../api/auth/sessions': 'BAD_REQUEST',
  '/api/auth/%5csessions': 'BAD_REQUEST',
  '/api/auth/%ff': [400, 'BAD_REQUEST'],
  '/api/auth/%c0%ae%c0%ae/sessions': [400, 'BAD_REQUEST'],
  '/api/auth/sessions%00': [400, 404],
  '/api/auth/sessions%0d%0aX-Evil:%20y': [400, 'BAD_REQUEST'],
  '/api/auth/sessions%': ['BAD_REQUEST', 400],
  '/api/auth/sessions%zz': ['BAD_REQUEST', 400],
  '/api/auth/sessions#x': ['BAD_REQUEST', 400],
  '/API/auth/sessions': 404,
  '/api/auth/Sessions': 'NOT_FOUND',
  '/api/auth/sessions/': 'NOT_FOUND',
  '/api/auth/sessions;v=1': 'NOT_FOUND',
  '/api/auth/sessions%20': 'NOT_FOUND',
  '/api/auth/sessions%252f': 'NOT_FOUND',
  '/api/auth/sessions.json': 'NOT_FOUND',
  '/api/auth/': 'NOT_FOUND',
  '/api/auth': 'NOT_FOUND',
  '/api/users/me/': 'NOT_FOUND',
  '/api/authx': 404,
  '/healthz/': 404,
  '*': 400,
  'api/auth/sessions': 400,
};

/* Cookie fields with our good token as T, and what becomes of them. */
const jars = {
  'alone': [['access_token=T'], 200],
  'twice in one field': [['access_token=T; access_token=T'], 'DUPLICATE_CREDENTIALS'],
  'twice in two fields': [['access_token=T', 'access_token=T'], 'DUPLICATE_CREDENTIALS'],
  'twice, the first empty': [['access_token=; access_token=T'], 'DUPLICATE_CREDENTIALS'],
  'twice, joined by a comma': [['access_token=T, access_token=x'], 'DUPLICATE_CREDENTIALS'],
  'twice the refresh cookie': [['access_token=T; refresh_token=a; refresh_token=b'], 'DUPLICATE_CREDENTIALS'],
  'twice the device cookie': [['access_token=T; device_token=a', 'device_token=b'], 'DUPLICATE_CREDENTIALS'],
  'in the first of two fields': [['access_token=T', 'a=b'], 200],
  /* Apache joins fields by a comma, behind which nothing is believed. */
  'in the second of two fields': [['a=b', 'access_token=T'], [200, 'AUTHENTICATION_REQUIRED']],
  'behind a comma': [['a=b, access_token=T'], 'AUTHENTICATION_REQUIRED'],
  'quoted': [['access_token="T"'], 'ACCESS_TOKEN_INVALID'],
  'empty': [['access_token='], 'AUTHENTICATION_REQUIRED'],
  'in capitals': [['ACCESS_TOKEN=T'], 'AUTHENTICATION_REQUIRED'],
  'with __Host-': [['__Host-access_token=T'], 'AUTHENTICATION_REQUIRED'],
  'with __Secure-': [['__Secure-access_token=T'], 'AUTHENTICATION_REQUIRED'],
  'without a name': [['=access_token=T'], 'AUTHENTICATION_REQUIRED'],
  'without a name at all': [['T'], 'AUTHENTICATION_REQUIRED'],
  'with blanks and tabs around': [['\taccess_token = T\t; a=b'], 200],
  'between attributes': [['$Version=1; access_token=T; $Path=/'], 200],
  'beside bytes above ASCII': [['x=\xff\xfe; access_token=T'], 200],
  'with a byte behind': [['access_token=T\x80'], 'ACCESS_TOKEN_INVALID'],
};

through({ webs: bothWebs, config: whole }, (web, stack) => {
  let all;
  before(async () => {
    const here = await web.signIn();
    all = { ...here, key: stack.ctlRows('api-key', 'create', `hostile ${web.name}`)[0].key };
  });
  const send = async (...request) => answerOf(await web.raw(wire(...request)));

  for (const [name, [line, more, expected]] of Object.entries(sizes)) {
    it(`F40 ${name}`, async () => assertExpected(web, await send(line, more), expected));
  }

  for (const [name, [more, body, expected]] of Object.entries(framing)) {
    it(`F46 ${name}`, async () => assertExpected(web, await send('POST /api/auth/logout', ['Content-Type: application/json', ...more], body), expected));
  }

  for (const [name, [more, expected]] of Object.entries(headers)) {
    it(`F46 ${name}`, async () => {
      const res = await send('GET /api/auth/status', more);
      assertExpected(web, res, expected);
      if (res.status === 200) assert.equal(res.json.authenticated, false);
    });
  }

  for (const [name, bytes] of Object.entries({
    'without Host': 'GET /api/auth/status HTTP/1.1\r\n\r\n',
    'Host with a blank': 'GET /api/auth/status HTTP/1.1\r\nHost: a b\r\n\r\n',
    'of bare LF': 'GET /api/auth/status HTTP/1.1\nHost: x\n\n',
    'to another host by its line': 'GET http://evil.example/api/auth/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'with a tab in its line': 'GET\t/api/auth/status\tHTTP/1.1\r\nHost: x\r\n\r\n',
    'with a third word': 'GET /api/auth/status x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  })) {
    it(`F46 a request ${name} is refused`, async () => assert.equal((await web.raw(bytes, { limitMs: 3000 })).status, 400));
  }

  describe('a second request in the first', () => {
    const hidden = () => `DELETE /api/auth/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${all.accessToken}\r\n\r\n`;
    const first = (more, body) => `POST /api/auth/logout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}\r\n${body}`;
    for (const [name, bytes] of Object.entries({
      'behind the last chunk, by Content-Length (CL.TE)': () => first(`Content-Length: ${hidden().length + 5}\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${hidden()}`),
      'inside a chunk, by a short Content-Length (TE.CL)': () => first('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `${chunk(hidden())}0\r\n\r\n`),
      'behind the shorter of two lengths': () => first(`Content-Length: 0\r\nContent-Length: ${hidden().length}\r\n`, hidden()),
      'behind a folded length': () => first(`Content-Length:\r\n ${hidden().length}\r\n`, hidden()),
      'in a body of the length told': () => first(`Content-Length: ${hidden().length}\r\n`, hidden()),
      'in a body whose length has a blank name': () => first(`Content-Length : ${hidden().length}\r\nContent-Length: 0\r\n`, hidden()),
    })) {
      it(`F46 ${name} is not run`, async () => {
        const { text } = await web.raw(bytes(), { limitMs: 1500 });
        assert.ok(!text.includes('"count"'), text);
        assertOk(await status(web, all.accessToken));
      });
    }
  });

  describe('credentials', () => {
    const duplicate = (second) => send('GET /api/auth/sessions', [`Authorization: Bearer ${all.accessToken}`, second]);
    it('A-15.3.7 F46 R9110-5.3 a second Authorization is refused, whatever it says', async () => {
      for (const second of [`Authorization: Bearer ${all.accessToken}`, 'Authorization: Bearer x.y.z', 'Authorization: Basic eDp5', 'authorization: bearer x']) {
        assertExpected(web, await duplicate(second), 'DUPLICATE_CREDENTIALS');
      }
    });

    it('F46 a fused list of tokens is refused', async () => {
      for (const value of [`Bearer ${all.accessToken}, Bearer ${all.accessToken}`, `Basic eDp5, Bearer ${all.accessToken}`, `Bearer ${all.accessToken},`]) {
        assertExpected(web, await send('GET /api/auth/sessions', [`Authorization: ${value}`]), 'DUPLICATE_CREDENTIALS');
      }
    });

    it('F46 other spellings of Authorization are not it', async () => {
      for (const name of ['HTTP_Authorization', 'X-Authorization', 'Authorization-', 'Proxy-Authorization', 'X-Access-Token']) {
        assertExpected(web, await send('GET /api/auth/sessions', [`${name}: Bearer ${all.accessToken}`]), 'AUTHENTICATION_REQUIRED');
      }
    });

    it('F46 two API keys, in one place or in two, are refused', async () => {
      const body = '{"token":"x"}';
      const post = (...more) => send('POST /api/auth/introspect', ['Content-Type: application/json', `Content-Length: ${body.length}`, ...more], body);
      assertExpected(web, await post(`Authorization: Bearer ${all.key}`, `X-Api-Key: ${all.key}`), 'DUPLICATE_CREDENTIALS');
      assert.ok([400, 401].includes((await post(`X-Api-Key: ${all.key}`, `X-Api-Key: ${all.key}`)).status));
      assert.equal((await post(`X-Api-Key: ${all.key}`)).status, 200);
    });

    for (const [name, [lines, expected]] of Object.entries(jars)) {
      it(`F47 R6265-5.7 our cookie ${name}`, async () => {
        assertExpected(web, await send('GET /api/auth/sessions', lines.map((line) => `Cookie: ${line.replaceAll('T', all.accessToken).replaceAll('ACCESS_' + all.accessToken + 'OKEN', 'ACCESS_TOKEN')}`)), expected);
      });
    }

    it('F47 a second Origin is none of ours', async () => {
      const cookie = `Cookie: access_token=${all.accessToken}`;
      for (const origins of [['https://id.example.test', 'https://evil.example'], ['https://evil.example', 'https://id.example.test']]) {
        const res = await send('DELETE /api/auth/sessions', [cookie, ...origins.map((o) => `Origin: ${o}`)]);
        assert.equal(res.status, 403, res.text);
        assert.ok(!('access-control-allow-origin' in res.headers));
      }
      assertOk(await status(web, all.accessToken));
    });

    it('R6750-2 a token in query or body is not looked at', async () => {
      for (const name of ['access_token', 'token', 'accessToken', 'Authorization']) {
        assertRefusal(await web.request('GET', `/api/auth/sessions?${name}=${all.accessToken}`), 401, 'AUTHENTICATION_REQUIRED');
        assertRefusal(await web.request('PATCH', '/api/auth/sessions/x', { json: { label: 'x', [name]: all.accessToken } }), 401, 'AUTHENTICATION_REQUIRED');
      }
      assertRefusal(await web.request('POST', `/api/auth/refresh?refresh_token=${all.refreshToken}`), 401, 'AUTHENTICATION_REQUIRED');
    });
  });

  for (const [path, expected] of Object.entries(paths)) {
    it(`path ${JSON.stringify(path)}`, async () => {
      const res = await send(`GET ${path}`, [`Authorization: Bearer ${all.accessToken}`]);
      if (expected === 200) assert.deepEqual([res.status, Array.isArray(res.json)], [200, true]);
      else assertExpected(web, res, expected);
      assert.ok(!('x-evil' in res.headers));
    });
  }

  describe('what is believed about the client', () => {
    const address = (more) => send('GET /api/auth/sessions', [`Authorization: Bearer ${all.accessToken}`, ...more]);
    it('A-4.1.3 FCGI-10 addresses in fields are not believed without a trusted proxy', async () => {
      for (const more of [['X-Forwarded-For: 9.9.9.9'], ['X_Forwarded_For: 9.9.9.9'], ['X-Forwarded-For: 9.9.9.9', 'X-Forwarded-For: 8.8.8.8'], ['Forwarded: for=9.9.9.9'], ['X-Real-IP: 9.9.9.9'], ['Client-IP: 9.9.9.9']]) {
        assert.equal((await address(more)).status, 200);
        const body = JSON.stringify({ email: all.email, password: all.password });
        const login = await send('POST /api/auth/login', ['Content-Type: application/json', `Content-Length: ${body.length}`, ...more], body);
        const [own] = (await web.request('GET', '/api/auth/sessions', { headers: bearer(login.json.accessToken) })).json.filter((s) => s.current);
        assert.equal(own.ipAddress, '127.0.0.1');
      }
    });

    it('CRLF and markup in what is kept come back as text only', async () => {
      const agent = 'Mozilla/5.0 <script>alert(1)</script> \\r\\nX-Evil: y %0d%0aX-Evil: y';
      const { browser, accessToken, sessionId } = await web.signIn({ userAgent: agent });
      const label = '</script>"><b>&%0d%0a';
      assertOk(await browser.patch(`/api/auth/sessions/${sessionId}`, { label }));
      const res = await web.request('GET', '/api/auth/sessions', { headers: bearer(accessToken) });
      assert.equal(assertOk(res).find((s) => s.current).label, label);
      assert.equal(res.json.find((s) => s.current).userAgent, agent);
      assert.match(res.headers['content-type'], /^application\/json/);
      assertHardened(res);
    });

    it('R9457-4 values of the request are never part of a problem', async () => {
      const canary = 'canary-7c1f';
      for (const [path, options] of [
        [`/api/auth/${canary}`, {}], [`/api/auth/sessions?x=${canary}`, {}], ['/api/auth/sessions', { headers: bearer(canary) }],
        ['/api/auth/sessions', { headers: { Cookie: `access_token=${canary}` } }], ['/api/auth/sessions', { headers: { Origin: `https://${canary}` } }],
      ]) assert.ok(!(await web.request('GET', path, options)).text.includes(canary), path);
      const login = await web.request('POST', '/api/auth/login', { json: { email: `${canary}@example.org`, password: canary } });
      assert.ok(!login.text.includes(canary));
    });
  });

  for (const route of routes) {
    it(`A-4.1.1 A-14.2.2 R6749-5.1 A-3.5.8 A-3.2.1 A-3.4.4 A-14.3.2 ${title(route)} hardens its answers, good and bad`, async () => {
      const options = { json: route.body === 'none' ? undefined : { token: 'x', label: 'x' } };
      const leaver = await web.signIn();
      const ours = credentialOf(route, { ...leaver, key: all.key });
      const answers = [
        await web.request(route.method, pathOf(route, leaver.sessionId), { ...options, headers: ours }),
        await web.request(route.method, pathOf(route, 'none'), { ...options, headers: bearer('x.y.z') }),
        await web.request(route.method, pathOf(route, 'none'), { ...options, headers: cookieHeaders({ access_token: 'x', refresh_token: 'x' }) }),
        await web.request(route.method, pathOf(route, 'none'), { ...options, headers: { Origin: 'https://evil.example' } }),
        await web.request(route.method, `${pathOf(route, 'none')}?${big(5000)}`, options),
      ];
      for (const res of answers) {
        assertHardened(res);
        if (res.status >= 400) assertProblemShape(res);
      }
      assert.equal(answers.at(-1).json.code, 'URL_TOO_LONG');
    });
  }
});

through({ webs: bothWebs, name: 'HTTPS only', config: { http: { public_url: 'https://id.example.test', require_https: 'yes', trusted_proxies: '' } } }, (web) => {
  it('A-3.4.1 nothing a client can send makes plain HTTP count as HTTPS', async () => {
    for (const more of [[], ['X-Forwarded-Proto: https'], ['HTTPS: on'], ['X_Forwarded_Proto: https'], ['Forwarded: proto=https'], ['X-Forwarded-Ssl: on'], ['Front-End-Https: on']]) {
      for (const line of ['GET /api/auth/status', 'POST /api/auth/login', 'GET /.well-known/jwks.json', 'GET /api/auth/none']) {
        const res = answerOf(await web.raw(wire(line, ['Content-Length: 0', ...more])));
        assertRefusal(res, 403, 'HTTPS_REQUIRED');
        assert.ok(!('strict-transport-security' in res.headers));
      }
    }
  });
});
