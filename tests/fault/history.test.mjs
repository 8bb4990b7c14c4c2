// SPDX-License-Identifier: MIT
// A bad day: clients at work while workers, wire and database fail in every way;
// nothing acknowledged is lost, nobody is let in who was put out, and nobody is
// put out by a fault.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { badDay, verdict } from './lib/day.mjs';
import { breaking, full } from './lib/house.mjs';
import { seed } from './lib/random.mjs';

const limit = { timeout: 240000 };

/* The overlap is longer than any fault, so that no honest tab is late. */
breaking({ config: { tokens: { refresh_overlap: 120 } } }, (house) => {
  it('I1-I5 hold through every fault, at random', limit, async (t) => {
    verdict(t, await badDay(house, { seed, ms: full ? 90000 : 14000 }));
    assert.deepEqual(house.events('db.older'), [], 'a database that has lost nothing is believed');
  });
});
