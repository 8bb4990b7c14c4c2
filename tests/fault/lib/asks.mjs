// SPDX-License-Identifier: MIT
// What many rows ask, and what they must hear.
import assert from 'node:assert/strict';
import { assertProblem, bearer, refresh, status } from '../../http/lib/checks.mjs';
import { pause } from './house.mjs';

export const PASSWORD = 'a long enough phrase';

export const login = (web, email, options) => web.request('POST', '/api/auth/login', { json: { email, password: PASSWORD }, ...options });
export const revoke = (web, by, id) => web.request('DELETE', `/api/auth/sessions/${id}`, { headers: bearer(by.accessToken) });
export const logout = (web, session) => web.request('POST', '/api/auth/logout', { headers: bearer(session.accessToken) });
export { refresh, status };

/** 503 with Retry-After and not one cookie: come again, nothing has changed. */
export function assertAway(res) {
  assertProblem(res, 503, 'SERVICE_UNAVAILABLE');
  assert.deepEqual(res.cookies, []);
  assert.ok(!/sql|maria|socket/i.test(res.text), 'no internals outward');
}

/** The first answer that is neither 5xx nor a broken connection. */
export async function firm(call, { limitMs = 30000 } = {}) {
  const end = performance.now() + limitMs;
  for (;;) {
    let res;
    try {
      res = await call();
    } catch (error) {
      res = { status: 0, text: String(error) };
    }
    if ((res.status > 0 && res.status < 500) || performance.now() > end) return res;
    await pause(50);
  }
}

export async function assertLives(web, session) {
  assert.equal((await firm(() => status(web, session.accessToken))).status, 200);
  const next = await firm(() => refresh(web, session.refreshToken));
  assert.equal(next.status, 200, next.text);
  return next.json;
}

export async function assertEnded(web, session) {
  const answers = [await firm(() => status(web, session.accessToken)), await firm(() => refresh(web, session.refreshToken))];
  for (const res of answers) assertProblem(res, 401, 'SESSION_INVALID', 'Invalid session');
}

/** `n` callers in a loop until stop() is called; gives every answer with how
 *  long it took, { status: 0 } for a broken connection. */
export function load(n, call) {
  const answers = [];
  let over = false;
  const lanes = Array.from({ length: n }, async (_, lane) => {
    for (let i = 0; !over; i += 1) {
      const start = performance.now();
      let res;
      try {
        res = await call(lane, i);
      } catch (error) {
        res = { status: 0, text: String(error) };
      }
      answers.push({ status: res.status, code: res.json?.code, ms: performance.now() - start, res });
      if (res.status === 0 || res.status >= 500) await pause(20);
    }
  });
  return {
    answers,
    async stop() {
      over = true;
      await Promise.all(lanes);
      return answers;
    },
  };
}

/** { 200: 3, 503: 1 } */
export function tallied(answers) {
  const counts = {};
  for (const { status: code } of answers) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** No answer but these. */
export function assertOnly(answers, ...allowed) {
  const odd = answers.filter((a) => !allowed.includes(a.status));
  assert.deepEqual(odd.slice(0, 3).map((a) => [a.status, a.code, a.res?.text]), []);
}
