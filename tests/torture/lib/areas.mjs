// SPDX-License-Identifier: MIT
// One request of each area beyond sign-in and sessions: half a sign-in, its
// second factor, a fresh proof, and a change of rights by an administrator.
import assert from 'node:assert/strict';
import { bin, claimsOf } from '../../http/lib/checks.mjs';
import { totp } from '../../http/lib/factors.mjs';

const password = 'a long enough phrase';
const call = (method, path, body, { access, stepUp, twoFactor } = {}) => [method, path, {
  ...(body && { body: JSON.stringify(body) }),
  fields: {
    HTTP_ORIGIN: 'https://id.example.test', ...(access && { HTTP_AUTHORIZATION: `Bearer ${access}` }),
    ...(stepUp && { HTTP_X_STEP_UP_TOKEN: stepUp }), ...(twoFactor && { HTTP_X_TWO_FACTOR_AUTHENTICATION_TOKEN: twoFactor }),
  },
}];

async function proven(w, session) {
  const { json } = await w.good(call('POST', '/api/auth/step-up', { password }, { access: session.accessToken }));
  return { access: session.accessToken, stepUp: json.stepUpToken };
}

/** Somebody with TOTP on, made once. */
async function strong(w) {
  if (!w.strong) {
    const email = await w.account();
    const session = await w.signIn(email);
    const tokens = await proven(w, session);
    const { json: setup } = await w.good(call('GET', '/api/auth/2fa/totp/setup', undefined, tokens));
    await w.good(call('POST', '/api/auth/2fa/totp/setup', { token: setup.token, code: totp(setup.secret) }, tokens));
    w.strong = { email, secret: setup.secret, subject: claimsOf(session.accessToken).sub };
  }
  await w.rows('DELETE FROM throttle; UPDATE totp SET last_step = 0');
  return w.strong;
}

/** An administrator with a fresh proof, a group and who is to be in it. */
async function administration(w) {
  if (!w.root) {
    const email = await w.account();
    w.pool.ctl('role', 'grant', email, 'ADMIN');
    w.pool.ctl('group', 'create', 'staff');
    w.root = await w.signIn(email);
    w.joiner = claimsOf((await w.signIn(await w.account())).accessToken).sub;
  }
  await w.rows('DELETE FROM throttle');
  return { ...await proven(w, w.root), id: w.joiner };
}

const sessionsOf = (w, subject) => w.cell(`SELECT COUNT(*) FROM session WHERE subject = '${subject}'`);
const joined = (w, id) => w.cell(`SELECT COUNT(*) FROM account_group WHERE account_id = ${bin(id)}`);

/** The seed of an authenticator and its recovery codes, as in requests.mjs. */
export const seed = {
  make: async (w) => proven(w, await w.signIn(await w.account())),
  call: (w, tokens) => call('GET', '/api/auth/2fa/totp/setup', undefined, tokens),
  truth: async (w, tokens, res) => assert.deepEqual([res.json.secret.length, res.json.recoveryCodes.length], [32, 10]),
};

/** As in requests.mjs; `over`: the status of a second try that finds nothing to
 *  do, when it is not 404. */
export const areas = {
  half: {
    make: strong,
    call: (w, who) => call('POST', '/api/auth/login', { email: who.email, password }),
    truth: async (w, who, res) => {
      assert.deepEqual([res.json.twoFactorRequired, res.json.accessToken], [true, null]);
      const twoFactor = res.json.twoFactorAuthenticationToken;
      assert.equal((await w.good(call('GET', '/api/auth/status', undefined, { twoFactor }))).json.twoFactorRequired, true);
    },
  },
  factor: {
    make: async (w) => {
      const who = await strong(w);
      const { json } = await w.good(call('POST', '/api/auth/login', { email: who.email, password }));
      return { ...who, twoFactor: json.twoFactorAuthenticationToken, before: await sessionsOf(w, who.subject) };
    },
    call: (w, who) => call('POST', '/api/auth/2fa/login', { totp: totp(who.secret) }, who),
    truth: async (w, who, res) => {
      assert.deepEqual([claimsOf(res.json.accessToken).acr, res.json.user.id], ['2', who.subject]);
      await w.lives(res.json);
      assert.notEqual(await w.cell('SELECT last_step FROM totp'), '0', 'the code is used up');
    },
    over: 401,
    gone: async (w, who) => assert.equal(Number(await sessionsOf(w, who.subject)), Number(who.before) + 1, 'an attempt is used up by a session'),
  },
  stepUp: {
    make: async (w) => {
      await w.rows(`DELETE FROM throttle; UPDATE session SET auth_time_s = 1000 WHERE id = ${bin(w.steady.sessionId)}`);
      return w.steady;
    },
    call: (w, s) => call('POST', '/api/auth/step-up', { password }, { access: s.accessToken }),
    truth: async (w, s, res) => {
      const tokens = { access: s.accessToken, stepUp: res.json.stepUpToken };
      assert.equal((await w.good(call('GET', '/api/auth/status', undefined, tokens))).json.stepUp, true);
      assert.deepEqual(await w.row(s, 'auth_time_s > 1000'), ['1'], 'the next tokens tell of it');
    },
  },
  join: {
    make: async (w) => {
      const made = await administration(w);
      await w.rows('DELETE FROM account_group');
      return { ...made, version: await w.cell(`SELECT version FROM account WHERE id = ${bin(made.id)}`) };
    },
    call: (w, made) => call('POST', `/api/groups/staff/members/${made.id}`, undefined, made),
    truth: async (w, made) => {
      assert.equal(await joined(w, made.id), '1');
      const raised = await w.cell(`SELECT version - ${made.version} FROM account WHERE id = ${bin(made.id)}`);
      assert.equal(raised, '1', 'once in the group, access tokens ended once');
    },
  },
};
