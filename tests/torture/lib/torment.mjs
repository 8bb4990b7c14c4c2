// SPDX-License-Identifier: MIT
// The loop: one call of a request fails, then the next one, until the request
// passes with nothing failed. After each, what was said must be true, the same
// request must do, and nothing may be lost to the heap or left half done.
//
// Leaks: the interposer counts the heap blocks of the worker. The count is read
// after the clean request that follows the failed one. When it is higher than
// before, the same call fails again, and again: a cache settles, a leak grows
// every time. Open descriptors are counted in the same way.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { pause } from '../../fault/lib/house.mjs';
import { assertProblemShape } from '../../http/lib/answers.mjs';
import { Act, Kind, placesOf } from './torture.mjs';

const ROUNDS = 5;
const PATIENCE = 100;

function descriptors(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Nothing but "come again", and nothing that a browser would keep. */
function assertCleanFailure(res) {
  assert.ok(res.status >= 500, `said ${res.status} ${res.json?.code ?? res.text}`);
  /* A request is named by random bytes; without them it has no name. */
  const { instance = 'urn:uuid:01234567-89ab-7def-8123-456789abcdef' } = res.json;
  assertProblemShape({ ...res, json: { ...res.json, instance } });
  assert.deepEqual(res.cookies, [], 'a failure touches no cookie');
  assert.ok(!/"(accessToken|refreshToken)"|eyJ/.test(res.text), 'a failure gives no token');
}

/** libfcgi asserts that it has memory; json-c and libmariadb copy names without
 *  looking at what they got. Then the worker ends with its one connection. Before libfcgi has begun the
 *  request, there is nobody to answer. */
function mayDrop(res, plan) {
  if (plan.act === Act.KILL || plan.act === Act.KILL_AFTER) return res.died;
  if (plan.kind !== Kind.MEMORY || plan.act !== Act.FAIL) return false;
  const [first, second, ...rest] = placesOf(res.told.trace);
  if (!res.died) return [first, second, ...rest].some((place) => /^fcgi_(begin|write)/.test(place));
  return /^(libfcgi|libmariadb)/.test(first) || (/^libc\./.test(first) && /^lib(json-c|mariadb)/.test(second));
}

/** What json-c and libmariadb themselves lose when their own calls fail: the value
 *  of a member without a name, the rest of an answer half read. */
function isTheirs(trace, blocks, descriptorsMore) {
  const [first, second] = placesOf(trace);
  const library = /^lib(json-c|mariadb)/;
  return descriptorsMore === 0 && blocks <= 2 * (ROUNDS - 1) && (library.test(first) || (/^libc\./.test(first) && library.test(second)));
}

export class Torment {
  /** Gives up after more than `most` violations. */
  constructor(world, most = 40) {
    Object.assign(this, { w: world, most });
    this.violations = [];
    this.counts = { points: 0, good: 0, refused: 0, dropped: 0, killed: 0, theirs: 0 };
    this.drops = new Set();
  }

  /** What the failed request said, against what is true. */
  async judge(request, made, res, plan) {
    if (res.status === 0) {
      assert.ok(mayDrop(res, plan), `${res.died ? 'the worker died' : 'no answer'}`);
      const killed = plan.act === Act.KILL || plan.act === Act.KILL_AFTER;
      this.counts[killed ? 'killed' : 'dropped'] += 1;
      if (!killed) this.drops.add(placesOf(res.told.trace).find((p) => /\.c:/.test(p)));
      return;
    }
    assert.ok(!res.died || mayDrop(res, plan), 'the worker died after its answer');
    if (res.status === 200) {
      await request.truth(this.w, made, res);
      this.counts.good += 1;
    } else {
      assertCleanFailure(res);
      this.counts.refused += 1;
    }
  }

  /** The same request with nothing failing. After a failed connection the
   *  service waits a little before it tries again. */
  async again(request, made) {
    let res = await this.w.pool.ask(...request.call(this.w, made));
    for (let i = 0; res.status >= 500 && i < PATIENCE; i += 1) {
      await pause(20);
      res = await this.w.pool.ask(...request.call(this.w, made));
    }
    if (request.gone && res.status === (request.over ?? 404)) await request.gone(this.w, made);
    else assert.equal(res.status, 200, `the same again: ${res.how} ${res.text}`);
    if (res.status === 200) await request.truth(this.w, made, res);
    return { pid: res.told.pid, live: res.told.live, descriptors: descriptors(res.told.pid), held: res.told.held };
  }

  /** One failure and a clean request; what the process holds afterwards, or
   *  nothing when there was no such call. */
  async once(request, plan) {
    const made = await request.make(this.w);
    const res = await this.w.pool.under(plan, ...request.call(this.w, made));
    this.last = res;
    if (res.told.fired === 0) {
      assert.equal(res.status, 200, `with nothing failed: ${res.how} ${res.text}`);
      await request.truth(this.w, made, res);
      return undefined;
    }
    this.counts.points += 1;
    this.trace = res.told.trace;
    await this.judge(request, made, res, plan);
    const held = await this.again(request, made);
    await this.w.whole();
    return held;
  }

  async leaks(request, plan, first) {
    let before = first;
    for (let i = 1; i < ROUNDS; i += 1) {
      const after = await this.once(request, plan);
      if (!after || after.pid !== before.pid) return;
      if (after.live <= before.live && after.descriptors <= before.descriptors) return;
      before = after;
    }
    if (plan.act === Act.FAIL && isTheirs(this.trace, before.live - first.live, before.descriptors - first.descriptors)) {
      this.counts.theirs += 1;
      return;
    }
    const made = await request.make(this.w);
    await this.w.pool.under({ ...plan, watch: 1 }, ...request.call(this.w, made));
    const { told } = await this.w.pool.under({ watch: 2 }, ...request.call(this.w, made));
    const held = told.held.split('\n\n').map((trace) => placesOf(trace).slice(0, 8).join(' < '));
    assert.fail(['leak', `${first.live} blocks, ${first.descriptors} descriptors, then ${before.live}, ${before.descriptors}`, ...held].join('\n'));
  }

  /** One point; false when the request has no such call. */
  async point(name, request, plan) {
    try {
      const held = await this.once(request, plan);
      if (!held) return false;
      if (this.held?.pid === held.pid && (held.live > this.held.live || held.descriptors > this.held.descriptors)) await this.leaks(request, plan, held);
      this.held = held;
    } catch (error) {
      const places = this.last?.told.trace ? placesOf(this.last.told.trace).slice(0, 14).join(' < ') : '';
      this.violations.push(`${name} ${JSON.stringify(plan)}: ${error.message.split('\n').slice(0, 30).join(' / ')} [${places}]`);
      this.held = undefined;
    }
    return true;
  }

  /** Every call of a kind, or those that `wanted(n, total)` takes. */
  async every(name, request, plan, wanted = () => true) {
    const count = ['memory', 'random', 'crypto', 'mysql', 'sql', 'free'][plan.kind];
    for (let i = 0; i < 2; i += 1) await this.once(request, { ...plan, nth: 0 });
    const total = this.last.told[count];
    const limit = total * 2 + 50;
    this.held = undefined;
    for (let nth = 1; nth < limit; nth += 1) {
      if (nth <= total && !wanted(nth, total)) continue;
      if (!await this.point(name, request, { ...plan, nth })) return nth - 1;
      if (this.violations.length > this.most) return nth;
    }
    this.violations.push(`${name}: no end of calls of kind ${plan.kind}`);
    return limit;
  }
}
