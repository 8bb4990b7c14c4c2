// SPDX-License-Identifier: MIT
// Which passwords are taken, and that they are compared to the last byte.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { folder, own, remove } from './lib/process.mjs';
import { through } from './lib/stack.mjs';
import { assertInvalid, assertOk, assertProblem, bin } from './lib/checks.mjs';

const year = 365 * 86400;
/** "correct battery staple" under m=4096,t=1,p=1, weaker than any house's. */
const weakHash = '$argon2id$v=19$m=4096,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$3IYP2atci4I/XNnDmL3/KhBCsO/QZba5GqWv1etHoXw';

through({}, (web, stack) => {
  const fresh = () => `${Math.random().toString(36).slice(2)}@mail.test`;
  const register = (password, { email = fresh(), name } = {}) => web.request('POST', '/api/auth/register', { json: { email, password, ...(name && { name }) } });
  const login = (email, password) => web.request('POST', '/api/auth/login', { json: { email, password } });
  /** Registers, then signs in with each; their statuses. */
  async function opens(password, ...tries) {
    const email = fresh();
    assertOk(await register(password, { email }));
    const answers = [];
    for (const each of tries) answers.push((await login(email, each)).status);
    return answers;
  }

  it('A-6.2.1 fewer than 8 characters are refused, 8 are enough', async () => {
    for (const password of ['x', 'seven77', 'äöüßäöü', '🐎🔋🐎🔋🐎🔋🐎']) assertInvalid(await register(password), 'password', 'PASSWORD_TOO_SHORT');
    for (const password of ['eight-88', '🐎🔋🐎🔋🐎🔋🐎🔋']) assert.deepEqual(await opens(password, password), [200]);
  });

  it('A-6.2.1 an empty password is refused, and none too', async () => {
    assertProblem(await register(''), 400, 'VALIDATION_FAILED');
    assertProblem(await web.request('POST', '/api/auth/register', { json: { email: fresh() } }), 400, 'VALIDATION_FAILED');
  });

  it('N63B-2 A-6.2.4 common passwords are refused in any case', async () => {
    const common = ['12345678', '123456789', '1234567890', 'password', 'password1', 'qwertyuiop', 'iloveyou', 'sunshine', 'princess',
      'football', 'baseball', 'superman', 'trustno1', 'whatever', 'starwars', 'computer', 'michelle', 'jennifer', '11111111', '00000000',
      '87654321', 'abcd1234', 'qwerty123', '1q2w3e4r', 'passw0rd'];
    for (const password of [...common, 'PASSWORD', 'QwertyUiop']) assertInvalid(await register(password), 'password', 'PASSWORD_COMMON');
  });

  it('A-6.2.5 no rules of composition', async () => {
    for (const password of ['abgdezhqiklmnxo', '               😀', '739164820573916', 'ЖЩЮЯЖЩЮЯЖ', 'correct horse battery staple']) {
      assert.deepEqual(await opens(password, password), [200], password);
    }
  });

  describe('A-6.2.8 compared to the last byte', () => {
    for (const [what, password, ...others] of [
      ['case', 'Correct Horse Battery', 'correct horse battery', 'CORRECT HORSE BATTERY'],
      ['blanks at the ends', ' two blanks around ', 'two blanks around', ' two blanks around', 'two blanks around '],
      ['tabs', 'a tab\tbetween words', 'a tab between words'],
      ...[72, 73, 128, 129, 255, 256].map((n) => [`byte ${n}`, `${'x'.repeat(n - 1)}a`, `${'x'.repeat(n - 1)}b`, 'x'.repeat(n - 1), `${'x'.repeat(n - 1)}aa`]),
    ]) {
      it(what, async () => {
        assert.deepEqual(await opens(password, password, ...others), [200, ...others.map(() => 401)]);
      });
    }

    it('NUL ends nothing', async () => {
      const res = await register('long enough\u0000tail-one');
      if (res.status === 200) assert.deepEqual(await opens('long enough\u0000tail-one', 'long enough\u0000tail-two', 'long enough'), [401, 401]);
      else assertProblem(res, 400, 'MALFORMED_JSON');
    });
  });

  it('A-6.2.9 64 characters and 1024 bytes are taken whole, 1025 are not', async () => {
    const phrase = 'pa'.repeat(32);
    const longest = `${'ab'.repeat(511)}yz`;
    assert.deepEqual(await opens(phrase, phrase, phrase.slice(0, 63)), [200, 401]);
    assert.deepEqual(await opens(longest, longest, `${longest.slice(0, 1023)}q`, longest.slice(0, 1023)), [200, 401, 401]);
    const res = await register(`${longest}!`);
    assertProblem(res, 400, 'VALIDATION_FAILED');
    assert.deepEqual(res.json.errors.map((e) => e.field), ['password']);
  });

  it('N63B-3 is normalised to NFC before it is hashed', async () => {
    const nfd = 'Zu\u0308rich cafe\u0301 A\u030angstro\u0308m';
    const nfc = nfd.normalize('NFC');
    assert.notEqual(nfd, nfc);
    assert.deepEqual(await opens(nfd, nfd, nfc), [200, 200]);
    assert.deepEqual(await opens(nfc, nfd, nfc, nfc.normalize('NFKC').replace('Å', 'A')), [200, 200, 401]);
    assert.deepEqual(await opens('ﬁne ligature word', 'fine ligature word'), [401], 'NFC, not NFKC');
  });

  describe('A-2.2.3 A-6.2.11 words of the site and the person are refused', () => {
    for (const [what, password, options] of [
      ['host of the site', 'my example login', {}],
      ['host in another case', 'myEXAMPLElogin', {}],
      ['name in the address', 'hildegard-2026', { email: 'hildegard@mail.test' }],
      ['part of the name in the address', 'nice bingen weather', { email: 'hildegard.bingen@mail.test' }],
      ['host of the address', 'we love rupertsberg', { email: 'h@rupertsberg.test' }],
      ['own name', 'xx Zacharias xx', { name: 'Zacharias Quux' }],
      ['own surname in another case', 'quuxquuxquux', { name: 'Zacharias Quux' }],
    ]) {
      it(what, async () => {
        assertInvalid(await register(password, options), 'password', 'PASSWORD_CONTEXT');
      });
    }

    it('a word of three letters bans nothing', async () => {
      assertOk(await register('an announcement', { name: 'Ann', email: `ann${Date.now()}@mail.test` }));
    });
  });

  it('A-6.2.10 does not end with time', async () => {
    const email = fresh();
    assertOk(await register('does not rot at all', { email }));
    const { user } = assertOk(await login(email, 'does not rot at all'));
    stack.sql(`UPDATE account SET created_us = created_us - ${5 * year}000000, updated_us = updated_us - ${5 * year}000000 WHERE id = ${bin(user.id)}`);
    assertOk(await login(email, 'does not rot at all'));
  });

  it('N63B-4 is kept as Argon2id only, with a salt of its own', async () => {
    const password = 'nothing like plain text';
    const salts = [];
    for (const email of [fresh(), fresh()]) {
      assertOk(await register(password, { email }));
      const { user } = assertOk(await login(email, password));
      const [[hash]] = stack.sql(`SELECT password_hash FROM account WHERE id = ${bin(user.id)}`);
      assert.match(hash, /^\$argon2id\$v=19\$m=8192,t=1,p=1\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43}$/);
      salts.push(hash.split('$')[4]);
    }
    assert.notEqual(salts[0], salts[1]);
  });

  it('is hashed anew at sign-in when the parameters have risen', async () => {
    const email = fresh();
    const password = 'correct battery staple';
    assertOk(await register(password, { email }));
    const { user } = assertOk(await login(email, password));
    const stored = () => stack.sql(`SELECT password_hash FROM account WHERE id = ${bin(user.id)}`)[0][0];
    stack.sql(`UPDATE account SET password_hash = '${weakHash}' WHERE id = ${bin(user.id)}`);
    assertProblem(await login(email, 'wrong battery staple'), 401, 'INVALID_CREDENTIALS');
    assert.equal(stored(), weakHash);
    assertOk(await login(email, password));
    assert.match(stored(), /^\$argon2id\$v=19\$m=8192,t=1,p=1\$/);
    assertOk(await login(email, password));
    assertProblem(await login(email, 'wrong battery staple'), 401, 'INVALID_CREDENTIALS');
  });

  it('a stored hash that is damaged opens nothing', async () => {
    const email = fresh();
    assertOk(await register('correct battery staple', { email }));
    const { user } = assertOk(await login(email, 'correct battery staple'));
    for (const hash of ['', 'x', '$argon2id$v=19$m=8192,t=1,p=1$$', weakHash.slice(0, -5), '$2y$10$abcdefghijklmnopqrstuv']) {
      stack.sql(`UPDATE account SET password_hash = '${hash}' WHERE id = ${bin(user.id)}`);
      const res = await login(email, 'correct battery staple');
      assert.notEqual(res.status, 200);
      assert.deepEqual(res.cookies, []);
    }
  });
});

const lists = folder('gh-words-');
writeFileSync(join(lists, 'common'), 'leaked-long-phrase\r\nanother-leaked-one\n');
own(join(lists, 'common'));
after(() => remove(lists));

through({ name: 'stricter', config: { passwords: { memory_kib: 8192, passes: 1, min_length: 12, context_words: 'acme rocket', common_file: join(lists, 'common') } } }, (web) => {
  const register = (password) => web.request('POST', '/api/auth/register', { json: { email: `${Math.random().toString(36).slice(2)}@mail.test`, password } });

  it('A-6.2.1 the least length is settable', async () => {
    assertInvalid(await register('eleven chrs'), 'password', 'PASSWORD_TOO_SHORT');
    assertOk(await register('twelve chars'));
  });

  it('A-6.1.2 the operator\'s context words are refused', async () => {
    for (const password of ['made by ACME Corp', 'launch-rockets']) assertInvalid(await register(password), 'password', 'PASSWORD_CONTEXT');
  });

  it('A-6.2.4 the operator\'s list of common passwords is refused', async () => {
    for (const password of ['leaked-long-phrase', 'Another-Leaked-One']) assertInvalid(await register(password), 'password', 'PASSWORD_COMMON');
    assertOk(await register('not-leaked-phrase'));
  });
});
