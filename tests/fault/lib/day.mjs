// SPDX-License-Identifier: MIT
// One bad day from start to verdict.
import { History } from './history.mjs';
import { pause } from './house.mjs';
import { checkService, checkStore } from './invariants.mjs';
import { plague } from './nemesis.mjs';

/** Clients at work while faults come, then the invariants; the history. */
export async function badDay(house, { seed, ms, clients, lanes, names, restMs, operations, replays }) {
  const history = new History(house, { seed, clients, lanes });
  await house.ready();
  await history.prepare();
  let over = false;
  const work = history.run(() => over);
  try {
    await plague(history, { ms, names, restMs, operations });
    /* All is well again: who was sent away comes back. */
    await pause(1500);
  } finally {
    over = true;
  }
  await work;
  await house.ready();
  history.store = await checkStore(history);
  history.service = await checkService(history, { replays });
  return history;
}

/** Says what a day was like; fails with the first violations. */
export function verdict(t, history) {
  t.diagnostic(history.summary());
  t.diagnostic(`answers other than ok: ${JSON.stringify(history.codes)}; checked ${JSON.stringify({ ...history.store, ...history.service })}`);
  if (history.violations.length > 0) {
    throw new Error(`${history.summary()}\n${history.violations.slice(0, 20).join('\n')}\nagain: GATEHOUSE_SEED=${history.seed}`);
  }
}
