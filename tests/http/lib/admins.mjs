// SPDX-License-Identifier: MIT
// Administrators for tests.
import { bearer } from './checks.mjs';

/** Somebody with a role, signed in: as signIn gives it, and `call` with the
 *  access token. */
export async function admin(web, stack, role = 'ADMIN') {
  const email = `${Math.random().toString(36).slice(2)}@example.org`;
  const password = 'a long enough phrase';
  await web.browser().post('/api/auth/register', { email, password, name: 'Root' });
  stack.ctl('role', 'grant', email, role);
  return caller(web, await web.signIn({ email, password, register: false }));
}

/** The same person with a `call(method, path, body)` by header. */
export function caller(web, session) {
  return {
    ...session,
    call: (method, path, body) => web.request(method, path, {
      headers: { ...bearer(session.accessToken), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    }),
  };
}
