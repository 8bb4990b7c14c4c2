// SPDX-License-Identifier: MIT
// F21, F2: every call of malloc, getrandom, the cryptographic libraries and the
// database's client fails once in each of these requests, and the worker is
// killed between any two statements. Short form: the main requests, and of
// their many allocations a sample. GATEHOUSE_FAULTS=full: all of them (cold,
// where each costs a new connection, a sample still), and the database's
// failures under further numbers.
//
// What may be dropped without an answer: a request for which libfcgi itself gets
// no memory (it aborts), or json-c for the name of a member, or libmariadb while
// it connects (they crash; the master replaces the worker), and one whose
// connection could not be taken over yet. Everything else is answered. In the
// same places json-c and libmariadb lose a block or two of their own, which is
// counted as "theirs".
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { full } from '../fault/lib/house.mjs';
import { Random, seed } from '../fault/lib/random.mjs';
import { areas } from './lib/areas.mjs';
import { World, cold, requests } from './lib/requests.mjs';
import { Torment } from './lib/torment.mjs';
import { Act, Kind, TorturePool } from './lib/torture.mjs';

const SAMPLE = 24;
/* MariaDB's numbers: lost, gone, out of memory, deadlock. */
const [LOST, GONE, MEMORY, DEADLOCK] = [2013, 2006, 2008, 1213];
const main = ['login', 'status', 'refresh', 'promote', 'list', 'revoke'];
const writers = ['login', 'promote', 'revoke'];

const plans = {
  memory: { kind: Kind.MEMORY, act: Act.FAIL },
  random: { kind: Kind.RANDOM, act: Act.FAIL },
  crypto: { kind: Kind.CRYPTO, act: Act.FAIL },
  'mysql refused': { kind: Kind.MYSQL, act: Act.FAIL, number: LOST },
  'mysql answer lost': { kind: Kind.MYSQL, act: Act.LOSE, number: LOST },
  'killed before a statement': { kind: Kind.SQL, act: Act.KILL },
};
const further = {
  'mysql gone': { kind: Kind.MYSQL, act: Act.FAIL, number: GONE },
  'mysql without memory': { kind: Kind.MYSQL, act: Act.FAIL, number: MEMORY },
  'mysql deadlock': { kind: Kind.MYSQL, act: Act.FAIL, number: DEADLOCK },
  'killed after a statement': { kind: Kind.SQL, act: Act.KILL_AFTER },
};
const killed = ({ act }) => act === Act.KILL || act === Act.KILL_AFTER;

describe(`torture, seed ${seed}`, () => {
  const pool = new TorturePool();
  const world = new World(pool);
  const random = new Random(seed, 21);
  before(async () => {
    await pool.start();
    await world.prepare();
  });
  after(() => pool.stop());

  /** All the points of a request under a plan. */
  const each = (name, request, what, plan, most = Infinity) => {
    it(`F2${killed(plan) ? '' : '1'} A-16.5.3 ${name}: ${what}`, async (t) => {
      const torment = new Torment(world);
      const calls = await torment.every(name, request, plan, (nth, total) => random.real() * total < most);
      t.diagnostic(`${calls} calls, ${JSON.stringify(torment.counts)} ${[...torment.drops].join(', ')}`);
      assert.deepEqual(torment.violations, []);
    });
  };

  for (const name of full ? Object.keys(requests) : main) {
    for (const [what, plan] of Object.entries(full ? { ...plans, ...further } : plans)) {
      if (!full && killed(plan) && !writers.includes(name)) continue;
      each(name, requests[name], what, plan, full ? Infinity : SAMPLE);
    }
  }
  for (const [name, request] of Object.entries(areas)) {
    for (const what of full ? Object.keys(plans) : ['memory', 'mysql answer lost', 'killed before a statement']) {
      each(name, request, what, plans[what], full ? Infinity : SAMPLE / 4);
    }
  }
  for (const name of full ? ['status', 'login', 'readyz'] : ['status']) {
    for (const what of ['memory', 'random', 'crypto', 'mysql refused']) {
      each(`cold ${name}`, cold(requests[name]), what, plans[what], full && what !== 'memory' ? Infinity : SAMPLE / 2);
    }
  }
});
