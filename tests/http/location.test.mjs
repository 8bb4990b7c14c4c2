// SPDX-License-Identifier: MIT
// Where a session is: by the file of an operator's choice, else nowhere.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Stack, buildRoot, through } from './lib/stack.mjs';
import { assertOk, bearer, chrome } from './lib/checks.mjs';
import { addresses, mmdb, place, world } from './lib/mmdb.mjs';
import { folder, own, remove, until } from './lib/process.mjs';

const dir = folder('gh-geoip-');
const file = (name, bytes) => {
  writeFileSync(join(dir, name), bytes);
  own(join(dir, name));
  return join(dir, name);
};
const database = file('world.mmdb', world());
file('changing.mmdb', world());
const config = { geoip: { database }, http: { public_url: 'https://id.example.test', require_https: 'no', trusted_proxies: '127.0.0.1' } };

after(() => remove(dir));

/** Login answer and own row of the list, for a client at an address. */
async function seen(web, account, ip) {
  const headers = { 'User-Agent': chrome, 'X-Forwarded-For': ip };
  const login = assertOk(await web.request('POST', '/api/auth/login', { json: { email: account.email, password: account.password }, headers }));
  const list = assertOk(await web.request('GET', '/api/auth/sessions', { headers: { ...headers, ...bearer(login.accessToken) } }));
  return { login: login.location, listed: list.find((s) => s.id === login.sessionId).location };
}

const known = [
  ['berlin', { country: 'DE', city: 'Berlin', latitude: 52.520008, longitude: 13.404954 }],
  ['tokyo', { country: 'JP', city: 'Tokyo', latitude: 35.689487, longitude: 139.691711 }],
  ['newYork', { country: 'US', city: 'New York', latitude: 40.712776, longitude: -74.005974 }],
];
const unknown = ['nowhere', 'private', 'damaged'];

through({ name: 'with a file', config }, (web) => {
  let account;
  before(async () => {
    account = await web.signIn();
  });

  for (const [name, location] of known) {
    it(`GEO-1: ${name} stands in the login answer and in the session list`, async () => {
      assert.deepEqual(await seen(web, account, addresses[name]), { login: location, listed: location });
    });
  }

  for (const name of unknown) {
    it(`GEO-1: an address that is ${name} has no location`, async () => {
      assert.deepEqual(await seen(web, account, addresses[name]), { login: null, listed: null });
    });
  }
});

through({ name: 'with a file that is replaced', config: { ...config, geoip: { database: join(dir, 'changing.mmdb') } }, webs: ['lighttpd'] }, (web, stack) => {
  const replace = (bytes) => renameSync(file('next.mmdb', bytes), join(dir, 'changing.mmdb'));
  const reload = async (event) => {
    const count = stack.events(event).length;
    stack.children.pool.kill('SIGHUP');
    await until(() => stack.events(event).length > count, event, { logFile: stack.logFile });
  };
  const city = async (account) => (await seen(web, account, addresses.berlin)).login?.city;

  it('GEO-1: HUP takes the new one, and a broken one leaves the old in force', async () => {
    const account = await web.signIn();
    assert.equal(await city(account), 'Berlin');
    replace(mmdb({ '192.0.2.0/24': place('DE', 'Elsewhere', 1, 2) }));
    assert.equal(await city(account), 'Berlin');
    await reload('server.reloaded');
    await until(async () => await city(account) === 'Elsewhere', 'the new file', { logFile: stack.logFile });
    replace(Buffer.from('no database'));
    await reload('server.reload_failed');
    assert.equal(await city(account), 'Elsewhere');
  });
});

through({ name: 'without a file', config: { ...config, geoip: {} } }, (web) => {
  it('GEO-1: without a file nobody has a location', async () => {
    assert.deepEqual(await seen(web, await web.signIn(), addresses.berlin), { login: null, listed: null });
  });
});

through({ name: 'of a stranger', config: { geoip: { database } } }, (web) => {
  it('GEO-1: an address that no trusted proxy tells is not believed', async () => {
    assert.deepEqual(await seen(web, await web.signIn(), addresses.berlin), { login: null, listed: null });
  });
});

describe('a file that is none', () => {
  const stack = new Stack({ webs: [] });
  const whole = world();
  const bad = [
    ['is empty', Buffer.alloc(0)],
    ['is text', Buffer.from('not a database\n'.repeat(100))],
    ['is cut off before its metadata', whole.subarray(0, whole.length - 200)],
    ['ends within its metadata', whole.subarray(0, whole.length - 30)],
    ['claims a tree that is larger than the file', whole.subarray(whole.length - 250)],
  ];
  before(() => stack.start());
  after(() => stack.stop());

  const start = (path) => {
    stack.reconfigure({ geoip: { database: path } });
    return spawnSync(join(buildRoot, 'gatehouse'), ['--check-config', '--config', stack.config], { encoding: 'utf8' });
  };

  for (const [what, bytes] of bad) {
    it(`the server does not start with one that ${what}, and says so`, () => {
      const { status, stderr } = start(file('bad.mmdb', bytes));
      assert.equal(status, 78);
      assert.match(stderr, /geoip\.database: .*bad\.mmdb: ./);
    });
  }

  it('nor with one that is not there', () => {
    const { status, stderr } = start(join(dir, 'none.mmdb'));
    assert.equal(status, 78);
    assert.match(stderr, /geoip\.database/);
  });

  it('a good one is fine, and one whose leaves point nowhere tells nothing', () => {
    assert.equal(start(file('good.mmdb', mmdb({ '192.0.2.0/24': place('DE', 'Berlin', 1, 2) }))).status, 0);
  });
});
