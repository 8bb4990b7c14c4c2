// SPDX-License-Identifier: MIT
// The core interface: what a back end asks of it with every user.
import { ours } from './rows.mjs';
import { alternate } from './measure.mjs';
import { http } from './traffic.mjs';
import { request } from '../../tests/http/lib/client.mjs';

const create = '/recipe/session';
const flags = { doAntiCsrfCheck: false, enableAntiCsrf: false };

const post = (path, body) => http('POST', path, { 'cdi-version': '5.4' }, JSON.stringify(body));
const starting = (i) => ({ userId: `user-${i}`, userDataInJWT: { role: 'user' }, userDataInDatabase: {}, enableAntiCsrf: false, useDynamicSigningKey: true });

/** Sessions to verify and to refresh. */
async function sessions(house, count) {
  const made = [];
  for (let i = 0; i < count; i += 1) {
    const res = await request(house.corePort, 'POST', create, { json: starting(i), headers: { 'cdi-version': '5.4' } });
    if (res.json?.status !== 'OK') throw new Error(`create: ${res.status} ${res.text}`);
    made.push({ access: res.json.accessToken.token, refresh: res.json.refreshToken.token });
  }
  return made;
}

/** Rows of the core interface, each in turn with the stateless verification,
 *  which writes nothing and asks no database. */
export async function measureCore(house, { rounds, seconds }) {
  const made = await sessions(house, 40);
  const verify = (checkDatabase) => made.map(({ access }) => post(`${create}/verify`, { accessToken: access, ...flags, checkDatabase }));
  const stateless = { name: 'core-verify', port: house.corePort, requests: verify(false) };
  const rows = [
    { name: 'core-check', work: 'core: verify, checkDatabase', requests: verify(true) },
    { name: 'core-create', work: 'core: create a session', requests: made.map((_, i) => post(create, starting(i))) },
    { name: 'core-refresh', work: 'core: refresh (not yet used)', requests: made.map(({ refresh }) => post(`${create}/refresh`, { refreshToken: refresh, enableAntiCsrf: false, useDynamicSigningKey: true })) },
  ];
  const results = [];
  for (const row of rows) {
    const result = await alternate(rounds, () => ours(house, stateless, seconds), () => ours(house, { ...row, port: house.corePort }, seconds));
    if (results.length === 0) results.push({ work: 'core: verify, stateless', text: '1', rate: result.base, cpu: result.baseCpu });
    results.push({ ...result, work: row.work, figure: result.ratio, text: result.ratio.toFixed(2), detail: result.failed ? `${result.failed} failed` : 'of stateless verification' });
  }
  return results;
}
