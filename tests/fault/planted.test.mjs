// SPDX-License-Identifier: MIT
// The checker checked: with a bug planted per invariant a bad day must be called
// one. A short run tries one of them, drawn by the seed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { badDay } from './lib/day.mjs';
import { FaultHouse, full } from './lib/house.mjs';
import { plant, planted } from './lib/planted.mjs';
import { seed } from './lib/random.mjs';

/** Faults that bring the bug out, and how long that may take. */
const days = {
  I1: { names: ['killWorker'], ms: 1500 },
  I2: { names: ['killWorker'], ms: 2500 },
  I3: { names: ['commitUnsent'], ms: 5000, restMs: 60 },
  I4: { names: ['cutBefore'], ms: 5000, restMs: 60 },
  I5: { names: ['killWorker'], ms: 4000 },
};

describe('planted bugs', () => {
  it('has one patch per invariant', () => assert.deepEqual(planted(), Object.keys(days)));

  const names = Object.keys(days);
  const only = process.env.GATEHOUSE_ONLY;
  for (const name of only ? [only] : full ? names : [names[seed % names.length]]) {
    it(`${name} planted is caught`, { timeout: 240000 }, async (t) => {
      const bug = await plant(name);
      const house = new FaultHouse({ config: { tokens: { refresh_overlap: 120 } }, build: bug.build });
      try {
        await house.start();
        const history = await badDay(house, { seed, ...days[name] });
        t.diagnostic(history.summary());
        t.diagnostic(history.violations.slice(0, 3).join(' | '));
        assert.ok(history.violations.some((v) => v.startsWith(`${name}:`)), `no ${name} among: ${history.violations.slice(0, 10).join(' | ')}`);
      } finally {
        await house.stop();
        bug.remove();
      }
    });
  }
});
