// SPDX-License-Identifier: MIT
// The requests that are tortured: what each needs, how it is asked, and what
// must be true when it says that it succeeded.
import assert from 'node:assert/strict';
import { bin, claimsOf } from '../../http/lib/checks.mjs';

const password = 'a long enough phrase';
const post = (path, body, token) => ['POST', path, {
  body: JSON.stringify(body),
  fields: { HTTP_ORIGIN: 'https://id.example.test', ...(token && { HTTP_AUTHORIZATION: `Bearer ${token}` }) },
}];
const plain = (method, path, token, body) => [method, path, { ...(body && { body }), ...(token && { fields: { HTTP_AUTHORIZATION: `Bearer ${token}` } }) }];

/** What the requests work on: accounts, sessions and an API key, made while all
 *  is well. */
export class World {
  constructor(pool) {
    this.pool = pool;
    this.accounts = 0;
  }

  async prepare() {
    this.email = await this.account();
    this.steady = await this.signIn();
    await this.good(plain('PUT', '/api/auth/session/data', this.steady.accessToken, '{"a":1}'));
    this.key = this.pool.ctlRows('api-key', 'create', 'back end')[0].key;
    this.jwks = (await this.good(plain('GET', '/.well-known/jwks.json'))).text;
    this.crowd = await this.account();
    this.member = await this.signIn(this.crowd);
    for (let i = 0; i < 3; i += 1) await this.signIn(this.crowd);
  }

  /** An answer that must be good. */
  async good(call) {
    const res = await this.pool.ask(...call);
    assert.equal(res.status, 200, `${call[0]} ${call[1]}: ${res.how} ${res.text}`);
    return res;
  }

  address() {
    this.accounts += 1;
    return `owner${this.accounts}@example.org`;
  }

  async account() {
    const email = this.address();
    await this.good(post('/api/auth/register', { email, password, name: 'Ann' }));
    return email;
  }

  async signIn(email = this.email) {
    const { json } = await this.good(post('/api/auth/login', { email, password }));
    return json;
  }

  refresh(session) {
    return this.good(plain('POST', '/api/auth/refresh', session.refreshToken)).then((res) => res.json);
  }

  async rows(sql) {
    return this.pool.query(sql);
  }

  async cell(sql) {
    return (await this.rows(sql))[0]?.[0];
  }

  row(session, columns) {
    return this.rows(`SELECT ${columns} FROM session WHERE id = ${bin(session.sessionId)}`).then((rows) => rows[0]);
  }

  /** The access token opens this session and no other, now. */
  async lives(session) {
    const { json } = await this.good(plain('GET', '/api/auth/status', session.accessToken));
    assert.equal(json.authenticated, true);
    assert.equal(json.sessionId, session.sessionId);
  }

  async isOver(session) {
    const res = await this.pool.ask(...plain('GET', '/api/auth/status', session.accessToken));
    assert.equal(res.status, 401, 'an ended session opens nothing');
  }

  /** What no request may leave behind, failed or not: half of what belongs
   *  together, or somebody accused. */
  async whole() {
    const [pairs] = await this.rows(`SELECT
      (SELECT COUNT(*) FROM session) - (SELECT COUNT(*) FROM event WHERE kind = 'auth.sign_in'),
      (SELECT COUNT(*) FROM account) - (SELECT COUNT(*) FROM event WHERE kind = 'account.registered'),
      (SELECT COUNT(*) FROM session WHERE revoked_reason IN ('logout', 'user')) - (SELECT COUNT(*) FROM event WHERE kind IN ('session.sign_out', 'session.revoked')),
      (SELECT COUNT(*) FROM session WHERE (revoked_us = 0) <> (revoked_reason IS NULL)),
      (SELECT COUNT(*) FROM token_revocation) - (SELECT COUNT(*) FROM event WHERE kind = 'token.revoked'),
      (SELECT COUNT(*) FROM event WHERE kind IN ('token.reuse', 'auth.sign_in_failed', 'auth.sign_in_throttled')),
      (SELECT COUNT(*) FROM session s LEFT JOIN account a ON a.id = s.account_id WHERE a.id IS NULL OR s.refresh_cur = s.refresh_prev)`);
    assert.deepEqual(pairs, ['0', '0', '0', '0', '0', '0', '0'], 'sessions, accounts, ends, reasons, tokens each with its event; nobody accused; no half session');
  }
}

/** The tokens in an answer, which must be those of its cookies. */
async function tokensAreTrue(w, res) {
  const { json } = res;
  const cookie = (name) => res.cookies.find((c) => c.name === name)?.value;
  assert.equal(cookie('access_token'), json.accessToken);
  assert.equal(cookie('refresh_token'), json.refreshToken);
  const [revoked] = await w.row(json, 'revoked_us');
  assert.equal(revoked, '0');
  await w.lives(json);
}

async function ended(w, session) {
  const [revoked] = await w.row(session, 'revoked_us');
  assert.notEqual(revoked, '0', 'said to have ended');
  await w.isOver(session);
}

/** name: { make(w) what it needs, call(w, s), truth(w, s, res) of a success,
 *  gone(w, s): may a second try find nothing to do (404, or `over`)?, cold: begin as new }. */
export const requests = {
  login: {
    make: (w) => w.email,
    call: (w, email) => post('/api/auth/login', { email, password }),
    truth: (w, email, res) => tokensAreTrue(w, res),
  },
  status: {
    make: (w) => w.steady,
    call: (w, s) => plain('GET', '/api/auth/status', s.accessToken),
    truth: (w, s, res) => {
      assert.equal(res.json.authenticated, true);
      assert.equal(res.json.sessionId, s.sessionId);
    },
  },
  refresh: {
    make: (w) => w.steady,
    call: (w, s) => plain('POST', '/api/auth/refresh', s.refreshToken),
    truth: (w, s, res) => tokensAreTrue(w, res),
  },
  /* A child that is used for the first time, as refresh token. */
  promote: {
    make: async (w) => w.refresh(await w.signIn()),
    call: (w, s) => plain('POST', '/api/auth/refresh', s.refreshToken),
    truth: async (w, s, res) => {
      const [grown] = await w.row(s, 'refresh_prev IS NOT NULL');
      assert.equal(grown, '1', 'the child used is the current generation');
      await tokensAreTrue(w, res);
    },
  },
  list: {
    make: (w) => w.member,
    call: (w, s) => plain('GET', '/api/auth/sessions', s.accessToken),
    truth: async (w, s, res) => {
      const rows = await w.rows(`SELECT LOWER(HEX(id)) FROM session WHERE revoked_us = 0 AND subject = '${claimsOf(s.accessToken).sub}'`);
      assert.deepEqual(res.json.map((one) => one.id.replaceAll('-', '')).sort(), rows.flat().sort());
    },
  },
  revoke: {
    make: (w) => w.signIn(),
    call: (w, s) => plain('DELETE', `/api/auth/sessions/${s.sessionId}`, w.steady.accessToken),
    truth: (w, s) => ended(w, s),
    gone: ended,
  },
  /* A child's access token, whose first use is the promotion. */
  arrive: {
    make: async (w) => w.refresh(await w.signIn()),
    call: (w, s) => plain('GET', '/api/auth/status', s.accessToken),
    truth: async (w, s, res) => {
      assert.equal(res.json.sessionId, s.sessionId);
      await w.refresh(s);
    },
  },
  /* With the stamp of activity, which follows the answer. */
  stamp: {
    make: async (w) => {
      await w.rows(`UPDATE session SET active_us = active_us - 3600000000 WHERE id = ${bin(w.steady.sessionId)}`);
      return w.steady;
    },
    call: (w, s) => plain('GET', '/api/auth/status', s.accessToken),
    truth: (w, s, res) => assert.equal(res.json.sessionId, s.sessionId),
  },
  register: {
    make: (w) => w.address(),
    call: (w, email) => post('/api/auth/register', { email, password, name: 'Ann' }),
    truth: async (w, email) => {
      await w.signIn(email);
    },
  },
  others: {
    make: async (w) => {
      const others = [await w.signIn(w.crowd)];
      return { ...w.member, others };
    },
    call: (w, s) => plain('DELETE', '/api/auth/sessions/others', s.accessToken),
    truth: async (w, s) => {
      for (const other of s.others) await ended(w, other);
      await w.lives(s);
    },
  },
  label: {
    make: (w) => ({ ...w.steady, label: `phone ${w.labels = (w.labels ?? 0) + 1}` }),
    call: (w, s) => plain('PATCH', `/api/auth/sessions/${s.sessionId}`, s.accessToken, JSON.stringify({ label: s.label })),
    truth: async (w, s) => assert.deepEqual(await w.row(s, 'label'), [s.label]),
  },
  data: {
    make: (w) => w.steady,
    call: (w, s) => plain('GET', '/api/auth/session/data', s.accessToken),
    truth: async (w, s, res) => assert.equal(res.text, await w.cell(`SELECT data FROM session_data WHERE session_id = ${bin(s.sessionId)}`)),
  },
  keep: {
    make: (w) => ({ ...w.steady, data: `{"n":${w.labels = (w.labels ?? 0) + 1}}` }),
    call: (w, s) => plain('PUT', '/api/auth/session/data', s.accessToken, s.data),
    truth: async (w, s) => assert.equal(await w.cell(`SELECT data FROM session_data WHERE session_id = ${bin(s.sessionId)}`), s.data),
  },
  logout: {
    make: (w) => w.signIn(),
    call: (w, s) => plain('POST', '/api/auth/logout', s.accessToken, '{}'),
    truth: async (w, s, res) => {
      assert.ok(res.cookies.some((c) => c.name === 'access_token' && c.attributes['max-age'] === '0'));
      await ended(w, s);
    },
  },
  introspect: {
    make: (w) => w.steady,
    call: (w, s) => plain('POST', '/api/auth/introspect', w.key, JSON.stringify({ token: s.accessToken })),
    truth: (w, s, res) => {
      assert.equal(res.json.active, true);
      assert.equal(res.json.sid, s.sessionId);
    },
  },
  introspectRefresh: {
    make: (w) => w.steady,
    call: (w, s) => plain('POST', '/api/auth/introspect', w.key, JSON.stringify({ token: s.refreshToken })),
    truth: (w, s, res) => {
      assert.equal(res.json.active, true);
      assert.equal(res.json.sid, s.sessionId);
    },
  },
  revokeToken: {
    make: (w) => w.refresh(w.steady),
    call: (w, s) => plain('POST', '/api/auth/revoke', w.key, JSON.stringify({ token: s.accessToken })),
    truth: (w, s) => w.isOver(s),
  },
  jwks: {
    make: () => undefined,
    call: () => plain('GET', '/.well-known/jwks.json'),
    truth: (w, s, res) => assert.equal(res.text, w.jwks),
  },
  readyz: {
    make: () => undefined,
    call: () => plain('GET', '/readyz'),
    truth: () => undefined,
  },
};

/** A connection and keys to begin with, as the first request of a worker. */
export const cold = (request) => ({
  ...request,
  make: async (w) => {
    const made = await request.make(w);
    await w.pool.chill();
    return made;
  },
});
