// SPDX-License-Identifier: MIT
// What a core costs a machine while it serves both of its interfaces.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { createSession, throughCore, verifySession } from './lib/core.mjs';
import { childrenOf } from './lib/pool.mjs';
import { buildRoot } from './lib/stack.mjs';

const MIB = 1024;
/* Sanitizers take many times the memory of what they watch. */
const watched = readFileSync(join(buildRoot, 'gatehouse')).includes('__asan_init');

/** Memory of a process in KiB: its own and its share of what is shared, and all
 *  that is resident. */
function memory(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const [pss, rss] = ['Pss', 'Rss'].map((name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)[1]));
  return { pss, rss };
}

throughCore({ config: { fdi: { enabled: 'yes' } } }, (core, web, stack) => {
  const processes = () => [stack.children.pool.pid, ...childrenOf(stack.children.pool.pid)];
  const serve = async () => {
    for (let i = 0; i < 50; i += 1) {
      const { accessToken } = await createSession(core);
      assert.equal((await verifySession(core, accessToken.token, { checkDatabase: true })).json.status, 'OK');
    }
  };

  it('O02 is a master, the workers and two helpers, and no process more for 50 sessions', async () => {
    const before = processes();
    await serve();
    assert.deepEqual(processes(), before);
    assert.ok(before.length <= 1 + 4 + 2, `${before.length} processes`);
  });

  if (!watched) {
    it('O02 all together take no more than twice what README says, after 50 sessions', async () => {
      await serve();
      const all = processes().map(memory);
      const pss = all.reduce((sum, one) => sum + one.pss, 0);
      assert.ok(pss <= 16 * MIB, `${pss} KiB of all`);
      for (const { rss } of all) assert.ok(rss <= 20 * MIB, `${rss} KiB of one`);
    });
  }
});
