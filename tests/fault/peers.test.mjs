// SPDX-License-Identifier: MIT
// Slow clients, clients that leave, and FastCGI peers that never finish, while
// others are at work. What single records do is in tests/http/records.test.mjs,
// and what sizes are refused in tests/http/hostile.test.mjs.
import assert from 'node:assert/strict';
import net from 'node:net';
import { it } from 'node:test';
import { assertOk, bin, together } from '../http/lib/checks.mjs';
import { Connection, Type, begin, paramRecords, params, record } from '../http/lib/fcgi_client.mjs';
import { until } from '../http/lib/process.mjs';
import { assertEnded, assertLives, assertOnly, load, status } from './lib/asks.mjs';
import { breaking, full, pause } from './lib/house.mjs';
import { Random, seed } from './lib/random.mjs';

const limit = { timeout: 120000 };
const slowest = (answers) => Math.round(Math.max(...answers.map((a) => a.ms)));

breaking({ proxy: false, config: { server: { workers: 4, io_timeout: 2 } } }, (house) => {
  const web = house.web();
  /** A client of a web server that writes by hand. */
  const dial = (port) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    return socket;
  };
  const half = () => new Connection(house.file('gh.sock')).write(Buffer.concat([
    begin(), paramRecords({ ...params('POST', '/api/auth/logout'), CONTENT_LENGTH: '2', CONTENT_TYPE: 'application/json' }), record(Type.STDIN, '{'),
  ]));

  it('F41 many clients that drip header fields and bodies hold no worker', limit, async (t) => {
    const session = await web.signIn();
    const dripping = house.webs.flatMap(({ port, name }) => Array.from({ length: name === 'apache' ? 8 : 40 }, (_, i) => {
      const socket = dial(port);
      socket.write(i % 2 ? 'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{'
        : 'GET /api/auth/status HTTP/1.1\r\nHost: x\r\nX-Drip: ');
      return socket;
    }));
    const drip = setInterval(() => dripping.forEach((socket) => socket.write('a')), 100);
    try {
      const traffic = load(4, (lane) => status(lane % 2 ? web : web.other, session.accessToken));
      await until(() => traffic.answers.length > 200, 'traffic', { limitMs: 60000 });
      const answers = await traffic.stop();
      t.diagnostic(`${answers.length} served beside ${dripping.length}, slowest ${slowest(answers)} ms`);
      assertOnly(answers, 200);
    } finally {
      clearInterval(drip);
      for (const socket of dripping) socket.destroy();
    }
  });

  it('F41 clients that leave before their answer: the effect is whole or not there', limit, async () => {
    const random = new Random(seed, 41);
    const sessions = await together(full ? 40 : 10, () => web.signIn());
    for (const [i, session] of sessions.entries()) {
      const socket = dial(house.webs[i % 2].port);
      const text = `POST /api/auth/logout HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${session.accessToken}\r\nContent-Length: 0\r\n\r\n`;
      socket.write(i % 3 ? text : text.slice(0, random.between(20, text.length)));
      await pause(random.between(0, 12));
      socket.resetAndDestroy();
    }
    await together(8, (i) => web.request('GET', i % 2 ? '/healthz' : '/readyz'));
    for (const session of sessions) {
      const [[revoked, events]] = house.sql(`SELECT revoked_us <> 0, (SELECT COUNT(*) FROM event e WHERE e.session_id = s.id AND e.kind = 'session.sign_out') FROM session s WHERE id = ${bin(session.sessionId)}`);
      assert.equal(events, revoked);
      if (revoked === '1') await assertEnded(web, session);
      else await assertLives(web, session);
    }
  });

  it('F43 half-open FastCGI peers: others are served meanwhile, and every worker is free again', limit, async (t) => {
    const session = await web.signIn();
    const workers = house.poolWorkers().join(' ');
    const stuck = [half(), half(), half()];
    const traffic = load(4, () => status(web, session.accessToken));
    await Promise.all(stuck.map((peer) => peer.closed));
    const answers = await traffic.stop();
    t.diagnostic(`${answers.length} served beside, slowest ${slowest(answers)} ms`);
    assert.ok(answers.length > 20);
    assertOnly(answers, 200);
    /* More than there are workers: they are let go one after the other. */
    const more = Array.from({ length: 12 }, half);
    assertOk(await status(web, session.accessToken));
    await Promise.all(more.map((peer) => peer.closed));
    assertOk(await status(web, session.accessToken));
    assert.equal(house.poolWorkers().join(' '), workers);
  });

  it('F42 garbage on the socket under load harms nobody', limit, async () => {
    const random = new Random(seed, 42);
    const session = await web.signIn();
    const workers = house.poolWorkers().join(' ');
    const traffic = load(3, () => status(web, session.accessToken));
    for (let i = 0; i < (full ? 400 : 40); i += 1) {
      const bytes = Buffer.from(Array.from({ length: random.between(1, 400) }, () => random.between(0, 256)));
      const peer = new Connection(house.file('gh.sock')).write(i % 2 ? bytes : Buffer.concat([begin(), record(random.between(0, 12), bytes)]));
      if (i % 3 === 0) await pause(random.between(0, 5));
      peer.socket.destroy();
    }
    const { length } = traffic.answers;
    await until(() => traffic.answers.length > length + 20, 'traffic');
    assertOnly(await traffic.stop(), 200);
    assert.equal(house.poolWorkers().join(' '), workers);
  });
});
