// SPDX-License-Identifier: MIT
// The house's own signing keys, taken out of the database with the sealing key,
// so that a forgery can be wrong in one thing only and right in its signature.
import { createHmac, createPrivateKey, createSecretKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import sodium from 'libsodium-wrappers';
import { claimsOf, headerOf } from './checks.mjs';

const SIGNING_KEY = 1;
const ID = 4;
const NONCE = 24;

function unsealed(stack, kid, sealed) {
  const id = sealed.subarray(0, ID).toString().trim();
  const line = readFileSync(stack.file('sealing-key'), 'utf8').split('\n').find((l) => l.startsWith(`${id}:`));
  const master = Buffer.from(line.slice(id.length + 1), 'base64url');
  const key = sodium.crypto_kdf_derive_from_key(32, SIGNING_KEY, 'gatehse1', master);
  const place = Buffer.concat([Buffer.from([SIGNING_KEY]), Buffer.from(kid)]);
  return Buffer.from(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
    null, sealed.subarray(ID + NONCE), place, sealed.subarray(ID, ID + NONCE), key,
  ));
}

/** The private key (or secret) that signed this token. */
export async function keyOf(stack, token) {
  await sodium.ready;
  const { kid, alg } = headerOf(token);
  const [[hex]] = stack.sql(`SELECT HEX(sealed) FROM signing_key WHERE kid = '${kid}'`);
  const secret = unsealed(stack, kid, Buffer.from(hex, 'hex'));
  return alg === 'HS256' ? createSecretKey(secret) : createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' });
}

const part = (value) => Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString('base64url');

function signature(input, key) {
  if (key.type === 'secret') return createHmac('sha256', key).update(input).digest();
  return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}

/** A compact JWS of any header and payload: objects, or text as it stands. */
export function compact(header, payload, key) {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${signature(input, key).toString('base64url')}`;
}

/** Takes a good token apart, for others made of its parts. */
export async function kitOf(stack, token) {
  const kit = { token, header: headerOf(token), claims: claimsOf(token), parts: token.split('.'), key: await keyOf(stack, token) };
  /** The same token, signed by the house's key, but for these. */
  kit.resigned = ({ header, claims }) => compact({ ...kit.header, ...header }, { ...kit.claims, ...claims }, kit.key);
  kit.raw = ({ header = kit.header, payload = kit.claims }) => compact(header, payload, kit.key);
  return kit;
}
