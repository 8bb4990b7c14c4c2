// SPDX-License-Identifier: MIT
// Do answers take longer for addresses that are known? Asks about known and
// unknown ones in turn and prints both distributions.
import { House } from './house.mjs';
import { register } from './traffic.mjs';

const count = Number(process.argv[2] ?? 200);
const asks = {
  'sign-in, wrong password': ['/api/auth/login', (email) => ({ email, password: 'not the right phrase' })],
  'reset request': ['/api/auth/password/reset-request', (email) => ({ email })],
  'sign-up': ['/api/auth/register', (email) => ({ email, password: 'a long enough phrase', name: 'Ann' })],
  'code to sign in with': ['/api/auth/send-otp', (email) => ({ email })],
};

async function timed(house, path, json) {
  const begun = process.hrtime.bigint();
  const res = await house.request('POST', path, { json });
  return { us: Number(process.hrtime.bigint() - begun) / 1000, status: res.status };
}

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

/** Mann and Whitney's U as a number of standard deviations: beyond 3 the two
 *  differ by more than chance. */
function deviations(a, b) {
  const all = [...a.map((us) => ({ us, of: a })), ...b.map((us) => ({ us, of: b }))].sort((x, y) => x.us - y.us);
  const ranks = all.reduce((sum, one, i) => sum + (one.of === a ? i + 1 : 0), 0);
  const u = ranks - (a.length * (a.length + 1)) / 2;
  return (u - (a.length * b.length) / 2) / Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12);
}

const house = new House({
  webs: ['lighttpd'],
  config: { mail: { transport: 'sendmail', sendmail: '/bin/true', from: 'id@example.org' }, otp: { enabled: 'yes', network_limit: 100000 } },
});
try {
  await house.start();
  console.log(`${count} of each, in turn; µs as a client sees them\n`);
  console.log(`${'asked for'.padEnd(26)}${'known: p10 median p90'.padEnd(28)}${'unknown: p10 median p90'.padEnd(28)}deviations  answers`);
  let round = 0;
  for (const [name, [path, body]] of Object.entries(asks)) {
    round += 1;
    const known = await register(house, `known-${round}-`, count);
    const taken = { known: [], unknown: [] };
    const statuses = new Set();
    for (let i = 0; i < count; i += 1) {
      for (const [kind, email] of [['known', known[i]], ['unknown', `unknown-${round}-${i}@example.org`]]) {
        const { us, status } = await timed(house, path, body(email));
        taken[kind].push(us);
        statuses.add(status);
      }
    }
    const z = deviations(taken.known, taken.unknown);
    for (const list of Object.values(taken)) list.sort((x, y) => x - y);
    const shown = (list) => [0.1, 0.5, 0.9].map((part) => at(list, part).toFixed(0).padStart(7)).join('').padEnd(28);
    console.log(`${name.padEnd(26)}${shown(taken.known)}${shown(taken.unknown)}${z.toFixed(1).padStart(10)}  ${[...statuses].join(' ')}`);
  }
} finally {
  await house.stop();
}
