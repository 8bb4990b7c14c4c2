// SPDX-License-Identifier: MIT
// The browser SDK of SuperTokens, as it is published, on a page of a real
// Chromium.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { site } from './browser.mjs';

const bundle = join(dirname(fileURLToPath(import.meta.url)), '../node_modules/supertokens-web-js/bundle');
const scripts = ['website', 'supertokens', 'session', 'emailpassword', 'multifactorauth', 'totp'].map((name) => join(bundle, readdirSync(bundle).find((file) => file.startsWith(`${name}.`))));
export const password = 'a1b2c3d4e5';

/** Begins the SDK on a page; tokens travel in cookies or header fields as `mode`
 *  says, further settings are the session recipe's. */
export async function loadSdk(page, { mode, ...session } = {}) {
  for (const path of scripts) await page.addScriptTag({ path });
  await page.evaluate(([apiDomain, settings]) => {
    const { supertokens, supertokensSession, supertokensEmailPassword, supertokensMultiFactorAuth, supertokensTOTP } = window;
    supertokens.init({
      appInfo: { appName: 'The application', apiDomain, apiBasePath: '/auth' },
      recipeList: [supertokensSession.init(settings), supertokensEmailPassword.init(), supertokensMultiFactorAuth.init(), supertokensTOTP.init()],
    });
  }, [site, { tokenTransferMethod: mode, ...session }]);
}

/** Does the page have a session? */
export const exists = (page) => page.evaluate(() => window.supertokensSession.doesSessionExist());

/** Signs up or in ('signUp', 'signIn'). */
export const sign = (page, how, email) => page.evaluate(async ([name, fields]) => {
  const { status, user, formFields } = await window.supertokensEmailPassword[name]({ formFields: fields });
  return { status, user, formFields };
}, [how, [{ id: 'email', value: email }, { id: 'password', value: password }]]);

export const signOut = (page) => page.evaluate(() => window.supertokensSession.signOut());

/** Calls at once from a page's script; their statuses, 0 for one that no answer
 *  was let through of. */
export const calls = (page, count, path, options = {}) => page.evaluate(([n, url, init]) => Promise.all(
  Array.from({ length: n }, () => fetch(url, init).then((res) => res.status, () => 0)),
), [count, new URL(path, site).href, options]);
