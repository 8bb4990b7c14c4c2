// SPDX-License-Identifier: MIT
// What DEMO=1 script/server signs people in with: the provider of the tests, on
// loopback, with two people and no passwords.
//   demo-provider.mjs ISSUER SITE SECRET-FILE
import { readFileSync } from 'node:fs';
import { startProvider } from '../../tests/http/lib/provider.mjs';

const [issuer, site, secretFile] = process.argv.slice(2);
const { hostname, port } = new URL(issuer);
/* It tells nobody at a private address; the one it knows leads to ours. */
const known = 'https://gatehouse.invalid';
const client = {
  client_id: 'gatehouse', client_secret: readFileSync(secretFile, 'utf8').trim(), redirect_uris: [`${site}/api/auth/oauth2/callback/demo`],
  backchannel_logout_uri: `${known}/api/auth/oauth2/backchannel-logout/demo`, backchannel_logout_session_required: true,
};
const shown = {
  1001: { name: 'Ann', email: 'ann@example.org', email_verified: true, locale: 'en' },
  1002: { name: 'Bob', email: 'bob@example.org', email_verified: true, locale: 'de' },
};

await startProvider([client], { host: hostname, port: Number(port), title: 'Demo provider', shown, deliver: (url) => url.replace(known, site) });
/* Everything is read by now; it is no longer anybody. */
if (process.getuid() === 0) {
  process.initgroups('www-data', 'www-data');
  process.setgid('www-data');
  process.setuid('www-data');
}
