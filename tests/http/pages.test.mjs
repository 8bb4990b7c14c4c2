// SPDX-License-Identifier: MIT
// The built-in pages behind mailed links, and their scripts at work.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import vm from 'node:vm';
import { through } from './lib/stack.mjs';
import { assertOk, bin } from './lib/checks.mjs';

const pages = ['/account/verify-email', '/account/reset-password'];
const between = (text, tag) => text.match(new RegExp(`<${tag}>(.*?)</${tag}>`, 's'))[1];
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Runs a page's script in as much of a browser as it uses; `submit` presses
 *  the button and resolves with what the page then says. */
function open(web, path, html) {
  const url = new URL(`https://id.example.test${path}`);
  const messages = [...html.matchAll(/<li data-code="(\w+)">(.*?)<\/li>/gs)].map(([, code, text]) => ({ dataset: { code }, textContent: text }));
  const page = { shown: url.pathname + url.search, requests: [], listeners: {} };
  const form = {
    hidden: true, dataset: { endpoint: html.match(/data-endpoint="(.*?)"/)[1] }, querySelector: () => ({ disabled: false }),
    addEventListener: (name, call) => { page.listeners[name] = call; },
  };
  const fields = { form, status: { textContent: '' }, password: html.includes('id="password"') ? { value: '', focus() {} } : null };
  vm.runInNewContext(between(html, 'script'), {
    URLSearchParams, location: { search: url.search, pathname: url.pathname },
    history: { replaceState: (state, title, shown) => { page.shown = shown; } },
    document: { getElementById: (id) => fields[id], querySelectorAll: () => messages },
    fetch: async (endpoint, options) => {
      page.requests.push({ endpoint, options });
      const res = await web.request('POST', endpoint, { body: options.body, headers: { ...options.headers, Origin: 'https://id.example.test', 'Sec-Fetch-Site': 'same-origin' } });
      return { ok: res.status === 200, json: async () => res.json };
    },
  });
  const submit = async (value) => {
    if (fields.password) fields.password.value = value;
    fields.status.textContent = '';
    page.listeners.submit({ preventDefault() {} });
    for (let i = 0; i < 1000 && fields.status.textContent === ''; i += 1) await new Promise((resolve) => { setTimeout(resolve, 10); });
    return fields.status.textContent;
  };
  return { ...fields, page, submit };
}

through({ sink: {}, config: { two_factor: { email_default: 'no' }, mail: { cooldown: 1 } } }, (web, stack) => {
  const get = (path, language) => web.request('GET', path, { headers: language ? { 'Accept-Language': language } : {} });
  const link = async (to, kind) => {
    const url = new URL((await stack.sink.waitFor({ to, kind })).links.find((l) => l.includes('token=')));
    return url.pathname + url.search;
  };

  for (const path of pages) {
    describe(path, () => {
      it('SA-39 runs only its own script and style, is framed nowhere and tells nobody where it came from', async () => {
        const res = await get(`${path}?token=x`);
        assert.equal(res.status, 200);
        assert.match(res.headers['content-type'], /^text\/html; charset=utf-8$/);
        const policy = res.headers['content-security-policy'];
        assert.equal(policy, `default-src 'none'; script-src ${hash(between(res.text, 'script'))}; style-src ${hash(between(res.text, 'style'))}; `
          + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        assert.equal(res.headers['referrer-policy'], 'no-referrer');
        assert.equal(res.headers['x-frame-options'], 'DENY');
        assert.match(res.headers['cache-control'], /no-store/);
        assert.deepEqual(res.cookies, []);
        assert.ok(!/ on\w+=|https?:\/\//.test(res.text));
      });

      it('holds nothing of its address', async () => {
        const odd = await get(`${path}?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&locale=%3Cb%3E`);
        assert.equal(odd.text, (await get(path)).text);
      });

      it('speaks German to who wants it and English to all others', async () => {
        assert.match((await get(path, 'de-AT,de;q=0.9,en;q=0.8')).text, /<html lang="de">/);
        assert.match((await get(path, 'fr')).text, /<html lang="en">/);
        assert.match((await get(path)).text, /<html lang="en">/);
      });

      it('takes no token but by its button', async () => {
        assert.equal((await web.request('POST', path, { json: {} })).status, 405);
        const empty = open(web, path, (await get(path)).text);
        assert.equal(empty.form.hidden, true);
        assert.match(empty.status.textContent, /not complete/);
      });
    });
  }

  it('A-6.2.6 A-6.2.7 the password field is one, and a password manager may fill it', async () => {
    const { text } = await get('/account/reset-password');
    const inputs = text.match(/<input[^>]*>/g);
    assert.equal(inputs.length, 1);
    assert.match(inputs[0], /type="password"/);
    assert.match(inputs[0], /autocomplete="new-password"/);
    assert.ok(!/onpaste|maxlength/.test(inputs[0]));
    assert.match(text, /<label for="password">/);
  });

  it('opening a link does nothing, pressing its button verifies the address', async () => {
    const { email, subject } = await web.signIn();
    const path = await link(email, 'verify-email');
    const verified = () => stack.sql(`SELECT email_verified_us > 0 FROM account WHERE id = ${bin(subject)}`)[0][0];
    const { text } = await get(path);
    await web.request('HEAD', path);
    assert.equal(verified(), '0');
    const { page, submit, form } = open(web, path, text);
    assert.deepEqual([page.shown, form.hidden], ['/account/verify-email', false]);
    assert.match(await submit(), /is confirmed/);
    assert.equal(form.hidden, true);
    assert.equal(verified(), '1');
    const [{ options }] = page.requests;
    assert.deepEqual([options.credentials, options.referrerPolicy, Object.keys(JSON.parse(options.body))], ['omit', 'no-referrer', ['token']]);
    assert.match(await open(web, path, text).submit(), /confirmed already/);
  });

  it('the page for a new password says what is wrong with one, and sets the next', async () => {
    const { email } = await web.signIn();
    stack.sql('UPDATE throttle SET window_end_us = 0');
    assertOk(await web.request('POST', '/api/auth/password/reset-request', { json: { email } }));
    const path = await link(email, 'password-reset');
    const { submit } = open(web, path, (await get(path, 'de')).text);
    assert.match(await submit('kurz'), /zu kurz/);
    assert.match(await submit('password123'), /benutzen viele/);
    assert.match(await submit('noch eine ganz andere Phrase'), /neue Passwort gilt/);
    assertOk(await web.request('POST', '/api/auth/login', { json: { email, password: 'noch eine ganz andere Phrase' } }));
    assert.match(await open(web, path, (await get(path)).text).submit('noch eine ganz andere Phrase'), /not valid or has been used/);
  });
});
