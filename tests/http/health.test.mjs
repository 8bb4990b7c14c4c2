// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { through } from './lib/stack.mjs';

through({}, (web) => {
  it('healthz answers without the database', async () => {
    const res = await web.request('GET', '/healthz');
    assert.equal(res.status, 200);
    assert.deepEqual(res.json, { status: 'ok' });
  });

  it('readyz says that database, schema and keys are there', async () => {
    const res = await web.request('GET', '/readyz');
    assert.equal(res.status, 200);
    assert.equal(res.json.status, 'ready');
  });
});
