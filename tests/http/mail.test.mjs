// SPDX-License-Identifier: MIT
// Messages leave by a real SMTP server, whatever server stands in front.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { assertOk } from './lib/checks.mjs';
import { through } from './lib/stack.mjs';

let serial = 0;
const fresh = () => `somebody.${process.pid}.${serial += 1}@example.org`;

through({ name: 'with a mail server', sink: {} }, (web, stack) => {
  it('delivers a message as text and HTML', async () => {
    const to = fresh();
    stack.ctl('mail', 'test', to);
    const message = await stack.sink.waitFor({ to, kind: 'test' });
    assert.equal(message.from, 'id@example.test');
  });
});
