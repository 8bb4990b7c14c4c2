// SPDX-License-Identifier: MIT
// FastCGI records straight to the pool's socket: malformed, slow, half, of other
// roles. At worst one connection is lost; no process dies and nobody waits long.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { assertHardened, assertRefusal } from './lib/answers.mjs';
import { Connection, Role, Type, begin, exchange, pairs, paramRecords, params, record, stdinRecords, whole } from './lib/fcgi_client.mjs';
import { alive, withPool } from './lib/pool.mjs';
import { until } from './lib/process.mjs';

const ask = params('GET', '/healthz');
const good = whole('GET', '/healthz');
const join = (...parts) => Buffer.concat(parts.map((p) => Buffer.from(p)));
/** One parameter whose lengths are these bytes. */
const lengths = (...bytes) => join(begin(), record(Type.PARAMS, Buffer.from([...bytes, 65, 66, 67])), record(Type.PARAMS), stdinRecords());
const nameOf = (name) => join(begin(), paramRecords(pairs([...Object.entries(ask), [name, 'x']])), stdinRecords());

/* F42: nothing but the end of the connection, and no answer. */
const refused = {
  'nothing that is FastCGI': 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  'version 0': join(begin(1, { version: 0 }), paramRecords(ask), stdinRecords()),
  'version 2': join(begin(1, { version: 2 }), paramRecords(ask), stdinRecords()),
  'version 255 of the parameters': join(begin(), paramRecords(ask, { version: 255 }), stdinRecords()),
  'role 0': join(begin(0), paramRecords(ask), stdinRecords()),
  'role 9': join(begin(9), paramRecords(ask), stdinRecords()),
  'role 65535': join(begin(65535), paramRecords(ask), stdinRecords()),
  'a begin of no length': join(record(Type.BEGIN), paramRecords(ask), stdinRecords()),
  'a begin too short': join(record(Type.BEGIN, '\0\u0001\0'), paramRecords(ask), stdinRecords()),
  'a begin too long': join(record(Type.BEGIN, Buffer.alloc(16, 1)), paramRecords(ask), stdinRecords()),
  'no begin': join(paramRecords(ask), stdinRecords()),
  'two begins': join(begin(), begin(), paramRecords(ask), stdinRecords()),
  'a second begin among the parameters': join(begin(), record(Type.PARAMS, pairs(ask)), begin(1, { id: 2 }), record(Type.PARAMS), stdinRecords()),
  'a second request on the connection': join(begin(), paramRecords(ask), begin(1, { id: 2 }), paramRecords(ask, { id: 2 }), stdinRecords('', { id: 2 }), stdinRecords()),
  'request id 0': join(begin(1, { id: 0 }), paramRecords(ask, { id: 0 }), stdinRecords('', { id: 0 })),
  'parameters of another request': join(begin(), paramRecords(ask, { id: 2 }), stdinRecords()),
  'an abort first': join(record(Type.ABORT), good),
  'an abort among the parameters': join(begin(), record(Type.PARAMS, pairs(ask)), record(Type.ABORT), record(Type.PARAMS), stdinRecords()),
  'an end from the wrong side': join(record(Type.END, Buffer.alloc(8)), good),
  'stdout from the wrong side': join(begin(), record(Type.STDOUT, 'Status: 200 OK\r\n\r\n'), paramRecords(ask), stdinRecords()),
  'stdin first': join(stdinRecords('{}'), begin(), paramRecords(ask)),
  'stdin before the parameters': join(begin(), stdinRecords(), paramRecords(ask)),
  'data before the parameters': join(begin(), record(Type.DATA, 'x'), paramRecords(ask), stdinRecords()),
  'a question for values': record(Type.GET_VALUES, pairs({ FCGI_MAX_CONNS: '', FCGI_MPXS_CONNS: '' }), { id: 0 }),
  'a question for 1000 values': record(Type.GET_VALUES, pairs(Array.from({ length: 1000 }, (_, i) => [`V${i}`, 'x'])), { id: 0 }),
  'a question for values among the parameters': join(begin(), record(Type.GET_VALUES, '', { id: 0 }), paramRecords(ask), stdinRecords()),
  'an unknown management record': record(77, 'x', { id: 0 }),
  'type 0': join(begin(), record(0, 'x'), paramRecords(ask), stdinRecords()),
  'type 255': join(begin(), record(255, 'x'), paramRecords(ask), stdinRecords()),
  'a name longer than the record': lengths(100, 0),
  'a value longer than the record': lengths(1, 100),
  'a name of 2^31 - 1 bytes': lengths(0xff, 0xff, 0xff, 0xff, 1),
  'a value of 2^31 - 1 bytes': lengths(1, 0xff, 0xff, 0xff, 0xff),
  'both together 2^32': lengths(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  'half a length': join(begin(), record(Type.PARAMS, Buffer.from([0x80, 0])), record(Type.PARAMS), stdinRecords()),
  'only the length of a name': join(begin(), record(Type.PARAMS, Buffer.from([1])), record(Type.PARAMS), stdinRecords()),
  /* libfcgi forgets this padding and would read it as records. */
  'padding behind the begin': join(begin(1, { padding: 8 }), paramRecords(ask), stdinRecords()),
  'padding behind the end of the parameters': join(begin(), record(Type.PARAMS, pairs(ask)), record(Type.PARAMS, '', { padding: 8 }), stdinRecords()),
  'bad lengths behind more than is taken': join(begin(), record(Type.PARAMS, pairs({ HTTP_X: 'a'.repeat(33000) })), record(Type.PARAMS, Buffer.alloc(20000, 0xff)), record(Type.PARAMS), stdinRecords()),
  'a question for values behind more than is taken': join(begin(), record(Type.PARAMS, pairs({ HTTP_X: 'a'.repeat(33000) })), record(Type.GET_VALUES, '', { id: 0 }), record(Type.PARAMS), stdinRecords()),
  'thousands of empty records': Buffer.concat([begin(), ...Array(9000).fill(record(Type.STDIN))]),
};

/* Readable, and answered; but 400, for two readings are possible. */
const unclean = {
  'a parameter twice': join(begin(), paramRecords(pairs([...Object.entries(ask), ['REQUEST_URI', '/readyz']])), stdinRecords()),
  'a parameter twice, equal': join(begin(), paramRecords(pairs([...Object.entries(ask), ['REQUEST_URI', '/healthz']])), stdinRecords()),
  'a method twice': join(begin(), paramRecords(pairs([['REQUEST_METHOD', 'DELETE'], ...Object.entries(ask)])), stdinRecords()),
  'a header field twice': join(begin(), paramRecords(pairs([...Object.entries(ask), ['HTTP_COOKIE', 'a=b'], ['HTTP_COOKIE', 'c=d']])), stdinRecords()),
  'NUL in a value': join(begin(), paramRecords({ ...ask, HTTP_X: 'a\0b' }), stdinRecords()),
  'NUL in the path': join(begin(), paramRecords({ ...ask, REQUEST_URI: '/healthz\0/x' }), stdinRecords()),
  'NUL in a name': nameOf('HTTP_\0X'),
  'an equals sign in a name': nameOf('HTTP_X=Y'),
  'no path': join(begin(), paramRecords({ ...ask, REQUEST_URI: '' }), stdinRecords()),
  'no parameters at all': join(begin(), record(Type.PARAMS), stdinRecords()),
  'a path of two lines': join(begin(), paramRecords({ ...ask, REQUEST_URI: '/healthz\r\nX: y' }), stdinRecords()),
  'a length that is no number': join(begin(), paramRecords({ ...ask, CONTENT_LENGTH: '2 ' }), stdinRecords('{}')),
  'a negative length': join(begin(), paramRecords({ ...ask, CONTENT_LENGTH: '-1' }), stdinRecords('{}')),
  'a length beyond 2^64': join(begin(), paramRecords({ ...ask, CONTENT_LENGTH: '18446744073709551616' }), stdinRecords('{}')),
  'less body than told': join(begin(), paramRecords({ ...ask, CONTENT_LENGTH: '3' }), stdinRecords('{}')),
  'more body than told': join(begin(), paramRecords({ ...ask, CONTENT_LENGTH: '1' }), stdinRecords('{}')),
  'body though none was told': join(begin(), paramRecords(ask), stdinRecords('{}')),
};

/* Odd, but what the specification allows. */
const odd = {
  'padding of 255 bytes': join(begin(), record(Type.PARAMS, pairs(ask), { padding: 255 }), record(Type.PARAMS), stdinRecords('', { padding: 255 })),
  'parameters in records of one byte': join(begin(), ...[...pairs(ask)].map((b) => record(Type.PARAMS, Buffer.from([b]))), record(Type.PARAMS), stdinRecords()),
  'lengths of four bytes': join(begin(), paramRecords(pairs(ask, true)), stdinRecords()),
  'request id 65535': whole('GET', '/healthz', { id: 65535 }),
  'keep the connection': whole('GET', '/healthz', { flags: 1 }),
  'unknown flags': whole('GET', '/healthz', { flags: 0xfe }),
  'an empty parameter': join(begin(), paramRecords(pairs([...Object.entries(ask), ['', '']])), stdinRecords()),
  'our own names from a client': whole('GET', '/healthz', { fields: { HTTP_FCGI_ROLE: 'AUTHORIZER', HTTP_REQUEST_URI: '/x', HTTP_HTTPS: 'on', HTTP_PROXY: 'x', HTTP_REMOTE_ADDR: '9.9.9.9' } }),
};

withPool('records', { config: { server: { workers: 2, io_timeout: 1 } } }, (pool) => {
  /** The same processes as before, each alive. */
  const unharmed = async (children) => {
    assert.equal((await pool.ask()).status, 200);
    assert.deepEqual(pool.workers, children);
    assert.ok(children.every(alive));
  };

  for (const [name, bytes] of Object.entries(refused)) {
    it(`F42 ${name} ends the connection without a word`, async () => {
      const children = pool.workers;
      const res = await exchange(pool.where, Buffer.from(bytes));
      assert.notEqual(res.how, 'silence');
      assert.equal(res.status, 0);
      assert.ok(!res.raw.includes('ok'));
      await unharmed(children);
    });
  }

  for (const [name, bytes] of Object.entries(unclean)) {
    it(`F44 ${name} is 400`, async () => {
      const children = pool.workers;
      const res = await exchange(pool.where, bytes);
      assertRefusal(res, 400, 'BAD_REQUEST');
      assert.equal(res.ended, true);
      await unharmed(children);
    });
  }

  for (const [name, bytes] of Object.entries(odd)) {
    it(`F42 ${name} is served`, async () => {
      const res = await exchange(pool.where, bytes);
      assert.equal(res.status, 200, res.text);
      assert.deepEqual([res.ended, res.protocolStatus, res.how], [true, 0, 'end']);
      assertHardened(res);
    });
  }

  it('F42 a request cut anywhere is dropped, one in single bytes is served', async () => {
    const children = pool.workers;
    for (let at = 0; at < good.length; at += 7) {
      const res = await new Connection(pool.where).write(good.subarray(0, at)).half().answer();
      assert.ok(res.status === 0 || at > good.length - 16, `cut at ${at}`);
    }
    const slow = new Connection(pool.where);
    slow.socket.setNoDelay?.(true);
    for (const byte of good) {
      slow.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    assert.equal((await slow.answer()).status, 200);
    await unharmed(children);
  });

  it('F42 random changes of a good request harm nobody', async () => {
    const children = pool.workers;
    const base = whole('POST', '/api/auth/login', { body: '{"email":"ann@example.org","password":"x"}' });
    const noise = randomBytes(400 * 8);
    for (let round = 0; round < 400; round += 8) {
      await Promise.all(Array.from({ length: 8 }, (_, i) => {
        const bytes = Buffer.from(base);
        const dice = noise.subarray((round + i) * 8, (round + i) * 8 + 8);
        for (let k = 0; k < 3; k += 1) bytes[dice.readUInt16BE(2 * k) % bytes.length] ^= dice[6 + (k & 1)] || 1;
        return new Connection(pool.where).write(bytes).half().answer();
      }));
    }
    await unharmed(children);
  });

  it('F40 more parameters than are taken are 431, and far more end the connection', async () => {
    const children = pool.workers;
    const large = (n) => join(begin(), paramRecords({ ...ask, HTTP_X: 'a'.repeat(n) }), stdinRecords());
    assertRefusal(await exchange(pool.where, large(40000)), 431, 'HEADER_TOO_LARGE');
    for (const n of [100000, 1 << 20]) {
      const res = await exchange(pool.where, large(n));
      assert.ok([0, 431].includes(res.status), `${n}: ${res.status}`);
    }
    const names = join(begin(), paramRecords(pairs(Array.from({ length: 2000 }, (_, i) => [`HTTP_X${i}`, '']))), stdinRecords());
    assertRefusal(await exchange(pool.where, names), 431, 'HEADER_TOO_LARGE');
    await unharmed(children);
  });

  for (const role of [Role.AUTHORIZER, Role.FILTER]) {
    it(`role ${role} is never answered 200, whatever is asked and shown`, async () => {
      const json = JSON.stringify({ email: `role${role}@example.org`, password: 'a long enough phrase' });
      await pool.ask('POST', '/api/auth/register', { body: json });
      const { accessToken } = (await pool.ask('POST', '/api/auth/login', { body: json })).json;
      const shown = [{}, { HTTP_AUTHORIZATION: `Bearer ${accessToken}` }, { HTTP_COOKIE: `access_token=${accessToken}` }, { FCGI_APACHE_ROLE: 'AUTHENTICATOR', HTTP_AUTHORIZATION: `Bearer ${accessToken}` }];
      for (const fields of shown) {
        for (const uri of ['/healthz', '/readyz', '/api/auth/status', '/.well-known/jwks.json', '/private', '/']) {
          const res = await pool.ask('GET', uri, { role, fields });
          /* Apache is told no in a number alone: all else would end up in its page. */
          const mute = role === Role.AUTHORIZER && 'FCGI_APACHE_ROLE' in fields;
          assert.deepEqual([res.status, mute ? res.text : res.json.code], [403, mute ? '' : 'FORBIDDEN']);
          assert.ok(!('variable-remote_user' in res.headers));
        }
        assert.equal((await pool.ask('GET', '/api/auth/status', { fields })).status, 200);
      }
    });
  }

  it('F44 the role is that of the record, not of a parameter', async () => {
    for (const name of ['FCGI_ROLE', 'FCGI_APACHE_ROLE', 'HTTP_FCGI_ROLE']) {
      assert.notEqual((await pool.ask('GET', '/healthz', { role: Role.AUTHORIZER, fields: { [name]: 'RESPONDER' } })).status, 200);
      assert.notEqual((await pool.ask('GET', '/private', { fields: { [name]: 'AUTHORIZER' } })).status, 200);
    }
  });

  it('F43 peers that say nothing, or half, hold nobody else up and are let go', async () => {
    const children = pool.workers;
    const halves = [Buffer.alloc(0), good.subarray(0, 4), good.subarray(0, 20), join(begin(), record(Type.PARAMS, pairs(ask))),
      join(begin(), paramRecords({ ...ask, CONTENT_LENGTH: '10' }), record(Type.STDIN, '{'))];
    for (const bytes of halves) {
      const waiting = [new Connection(pool.where).write(bytes), new Connection(pool.where).write(bytes)];
      assert.equal((await pool.ask()).status, 200);
      for (const connection of waiting) assert.equal((await connection.answer()).status, 0);
    }
    await unharmed(children);
  });

  it('F41 a body that drips is not waited for beyond the limit', async () => {
    const connection = new Connection(pool.where).write(join(begin(), paramRecords({ ...params('POST', '/api/auth/login'), CONTENT_LENGTH: '60000', CONTENT_TYPE: 'application/json' })));
    const drip = setInterval(() => connection.write(record(Type.STDIN, ' ')), 50);
    const res = await connection.answer();
    clearInterval(drip);
    assert.notEqual(res.how, 'silence');
    assert.equal(res.status, 0);
    assert.equal((await pool.ask()).status, 200);
  });

  it('F41 a client that is gone before its answer leaves the effect whole', async () => {
    const json = JSON.stringify({ email: 'gone@example.org', password: 'a long enough phrase' });
    const connection = new Connection(pool.where).write(whole('POST', '/api/auth/register', { body: json }));
    connection.socket.end(() => connection.socket.destroy());
    await connection.closed;
    await until(async () => (await pool.ask('POST', '/api/auth/login', { body: json })).status === 200, 'the account', { logFile: pool.logFile });
  });
});
