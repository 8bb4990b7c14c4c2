// SPDX-License-Identifier: MIT
// Keys and tokens as a SuperTokens core makes them, with nothing but
// node:crypto: what was issued before a takeover and has to be good after it.
import { createCipheriv, createHash, generateKeyPairSync, pbkdf2Sync, randomBytes, randomUUID, sign } from 'node:crypto';

export const H = (text) => createHash('sha256').update(text).digest('hex');

/** An RSA pair and its text at rest: SPKI and PKCS#8, both DER in base64. */
export function rsaKey(separator = '|') {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = [publicKey.export({ type: 'spki', format: 'der' }), privateKey.export({ type: 'pkcs8', format: 'der' })]
    .map((der) => der.toString('base64')).join(separator);
  return { privateKey, publicKey, text };
}

/** What an application's refresh tokens are encrypted with, as it is kept. */
export const masterKey = () => `1000:${randomBytes(64).toString('hex')}:${randomBytes(64).toString('hex')}`;

/** A refresh token of form V2. */
export function refreshToken(master, { handle, userId, parent, antiCsrf, tenantId }) {
  const nonce = H(randomUUID());
  const payload = { sessionHandle: handle, userId, ...(parent && { parentRefreshTokenHash1: parent }), nonce, ...(antiCsrf && { antiCsrfToken: antiCsrf }), ...(tenantId && { tenantId }) };
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', pbkdf2Sync(master, iv, 100, 32, 'sha512'), iv);
  const body = Buffer.concat([iv, cipher.update(JSON.stringify(payload), 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${body.toString('base64')}.${nonce}.V2`;
}

/** An access token of form V5. */
export function accessToken(key, kid, { handle, userId, recipeUserId = userId, refresh, parent = null, antiCsrf = null, tenantId = 'public', payload = {}, issued, lifetime = 3600 }) {
  const header = { kid, version: '5', typ: 'JWT', alg: 'RS256' };
  const iat = Math.floor(issued / 1000);
  const claims = {
    sub: userId, iat, exp: iat + lifetime, tId: tenantId, rsub: recipeUserId, sessionHandle: handle,
    refreshTokenHash1: H(refresh), parentRefreshTokenHash1: parent, antiCsrfToken: antiCsrf, ...payload,
  };
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
}
