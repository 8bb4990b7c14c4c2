// SPDX-License-Identifier: MIT
// A provider's own tokens: kept sealed where the operator asks for it, renewed,
// and shown to back ends alone.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, bearer, bin } from './lib/checks.mjs';
import { until } from './lib/process.mjs';
import { assertSent, me, oauth2Config, somebody, startEvil, walkEvil } from './lib/oauth2.mjs';

const { evil, section } = await startEvil();
after(() => evil.stop());
const asked = () => evil.asked.filter(({ form }) => form?.grant_type === 'refresh_token').length;

through({ config: oauth2Config({ kept: { ...section('kept'), keep_tokens: 'yes' }, dropped: section('dropped') }) }, (web, stack) => {
  let key;
  before(() => {
    key = bearer(stack.ctlRows('api-key', 'create', `kept ${web.name}`)[0].key);
  });

  async function signedIn(name, way) {
    const who = somebody(web);
    assertSent(await walkEvil(who, evil, name, way));
    const { id } = await me(who);
    return { id, ask: () => web.request('GET', `/api/users/${id}/providers/${name}/token`, { headers: key }) };
  }

  it('A-10.1.1 are shown to a back end, sealed at rest, and the refresh token to nobody', async () => {
    const { id, ask } = await signedIn('kept', { offline: 600 });
    const [refresh] = [...evil.refresh.keys()].slice(-1);
    const res = await ask();
    const { accessToken, expiresAt } = assertOk(res);
    assert.ok(evil.access.has(accessToken));
    assert.ok(Date.parse(expiresAt) > Date.now());
    assert.match(res.headers['cache-control'], /no-store/);
    assert.ok(!res.text.includes(refresh));
    const [[sealed]] = stack.sql(`SELECT HEX(tokens_sealed) FROM identity WHERE account_id = ${bin(id)}`);
    for (const token of [accessToken, refresh]) assert.ok(!sealed.includes(Buffer.from(token).toString('hex').toUpperCase()));
    const before = asked();
    assert.equal(assertOk(await ask()).accessToken, accessToken);
    assert.equal(asked(), before);
  });

  it('A-10.1.1 are renewed before they end, by one of many who ask', async () => {
    const { ask } = await signedIn('kept', { offline: 30 });
    const first = assertOk(await ask());
    const before = asked();
    const answers = (await Promise.all(Array.from({ length: 8 }, ask))).map((res) => assertOk(res).accessToken);
    for (const token of answers) assert.ok(evil.access.has(token));
    assert.ok(asked() - before <= 8);
    assert.notEqual(assertOk(await ask()).accessToken, first.accessToken);
  });

  it('that a provider renews no more are good to their end', async () => {
    const { ask } = await signedIn('kept', { offline: 30 });
    evil.refresh.clear();
    const { accessToken } = assertOk(await ask());
    assert.equal(assertOk(await ask()).accessToken, accessToken);
  });

  it('that a provider renews no more are told to be over after it', async () => {
    const { id, ask } = await signedIn('kept', { offline: 1 });
    evil.refresh.clear();
    const over = `SELECT tokens_end_us < UNIX_TIMESTAMP(NOW(6)) * 1000000 FROM identity WHERE account_id = ${bin(id)}`;
    await until(() => stack.sql(over)[0][0] === '1', 'the token to end');
    assertProblem(await ask(), 502, 'PROVIDER_TOKEN_EXPIRED');
  });

  it('without a refresh token are shown while they last', async () => {
    const { ask } = await signedIn('kept', {});
    assertOk(await ask());
  });

  it('A-10.1.1 are thrown away unless the operator asks for them', async () => {
    const { id, ask } = await signedIn('dropped', { offline: 600 });
    assertProblem(await ask(), 404, 'PROVIDER_NOT_FOUND');
    assert.deepEqual(stack.sql(`SELECT tokens_sealed IS NULL FROM identity WHERE account_id = ${bin(id)}`), [['1']]);
  });
});
