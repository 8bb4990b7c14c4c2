// SPDX-License-Identifier: MIT
// Access tokens that must open nothing: each is good but for what its name
// says. Those of a kit are signed by the house's own key, the others by jose.
import { createHash, createHmac, createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { CompactEncrypt, CompactSign, UnsecuredJWT, SignJWT, exportJWK } from 'jose';
import { compact } from './signing.mjs';

const foreign = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  HS256: createSecretKey(Buffer.alloc(32, 7)),
  EdDSA: generateKeyPairSync('ed25519').privateKey,
};
foreign.RS512 = foreign.RS256;
foreign.PS256 = foreign.RS256;
foreign.HS512 = createSecretKey(Buffer.alloc(64, 7));
const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const other = '01938f6e-0000-7000-8000-00000000000a';

/** A token with alg spelled so, and this signature. */
const unsigned = (alg, signature = '') => (kit) => `${base64({ ...kit.header, alg })}.${kit.parts[1]}.${signature || ''}`;
const claims = (changes) => (kit) => kit.resigned({ claims: changes });
const header = (changes) => (kit) => kit.resigned({ header: changes });
/** The payload's text with one member put in as it stands. */
const member = (text, name) => (kit) => {
  const rest = { ...kit.claims };
  delete rest[name];
  return kit.raw({ payload: `{${text},${JSON.stringify(rest).slice(1)}` });
};
const without = (name) => claims({ [name]: undefined });
/** Signed by jose with a key of ours alone; header and claims as they must be. */
const joseSigned = (alg, extra = {}) => (kit) => new CompactSign(Buffer.from(JSON.stringify(kit.claims)))
  .setProtectedHeader({ ...kit.header, alg, ...extra }).sign(foreign[alg]);
const signatureOf = (make) => (kit) => {
  const bytes = make(Buffer.from(kit.parts[2], 'base64url'), kit);
  return `${kit.parts[0]}.${kit.parts[1]}.${bytes.toString('base64url')}`;
};
const flipped = (at) => (kit) => kit.parts.map((p, i) => {
  const bytes = Buffer.from(p, 'base64url');
  if (i === at) bytes[Math.floor(bytes.length / 2)] ^= 1;
  return bytes.toString('base64url');
}).join('.');

/** HS256 with what everybody can read about our key as the secret. */
const confused = (secretOf) => (kit) => {
  const input = `${base64({ ...kit.header, alg: 'HS256' })}.${kit.parts[1]}`;
  const secret = kit.key.type === 'secret' ? 'no public key' : secretOf(createPublicKey(kit.key));
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};

const algorithms = [
  ...['none', 'None', 'NONE', 'nOnE', '', 'NULL', 'HS256 ', 'es256', 'ES256K', 'ES256\n'].map((alg) => [`alg ${JSON.stringify(alg)}, no signature`, unsigned(alg)]),
  ...['none', 'HS256', 'RS256', 'ES384', 'PS256'].map((alg) => [`alg ${alg}, the old signature`, (kit) => (kit.header.alg === alg ? unsigned('none')(kit) : unsigned(alg, kit.parts[2])(kit))]),
  ['jose unsecured token', (kit) => new UnsecuredJWT(kit.claims).encode()],
  ['alg missing', (kit) => kit.resigned({ header: { alg: undefined } })],
  ['alg a number', header({ alg: 256 })],
  ['alg an array', header({ alg: ['ES256'] })],
  ['HS256 with our public key as PEM', confused((key) => key.export({ type: 'spki', format: 'pem' }))],
  ['HS256 with our public key as DER', confused((key) => key.export({ type: 'spki', format: 'der' }))],
  ['HS256 with our public key as JWK', confused((key) => JSON.stringify(key.export({ format: 'jwk' })))],
  ['HS256 with our kid as secret', (kit) => {
    const input = `${base64({ ...kit.header, alg: 'HS256' })}.${kit.parts[1]}`;
    return `${input}.${createHmac('sha256', kit.header.kid).update(input).digest('base64url')}`;
  }],
  ['HS256 with an empty secret', (kit) => {
    const input = `${base64({ ...kit.header, alg: 'HS256' })}.${kit.parts[1]}`;
    return `${input}.${createHmac('sha256', '').update(input).digest('base64url')}`;
  }],
  ...['ES256', 'RS256', 'RS512', 'PS256', 'ES384', 'HS256', 'HS512', 'EdDSA'].map((alg) => [`${alg} by a foreign key under our kid`, joseSigned(alg)]),
  ['alg of another family over our own good signature', (kit) => header({ alg: kit.header.alg === 'ES256' ? 'ES384' : 'ES256' })(kit)],
  ['alg of the same family over our own good signature', (kit) => header({ alg: { ES256: 'ES512', RS256: 'RS512', HS256: 'HS512' }[kit.header.alg] })(kit)],
];

const keys = [
  ...['../../../../dev/null', '/dev/null', "' OR '1'='1", "x' UNION SELECT 1;--", 'http://127.0.0.1:1/key', '', ' ', '\u0000', 'a'.repeat(43), '%00'].map((kid) => [`kid ${JSON.stringify(kid)}`, header({ kid })]),
  ['kid with NUL behind ours', (kit) => kit.resigned({ header: { kid: `${kit.header.kid}\u0000` } })],
  ['kid of 8 kB', header({ kid: 'k'.repeat(8192) })],
  ['kid missing', header({ kid: undefined })],
  ['kid null', header({ kid: null })],
  ['kid a number', header({ kid: 1 })],
  ['kid an object', header({ kid: { $ne: '' } })],
  ['jwk of the forger', async (kit) => joseSigned('ES256', { jwk: await exportJWK(createPublicKey(foreign.ES256)) })(kit)],
  ['jku beside a good signature', header({ jku: 'https://127.0.0.1/jwks.json' })],
  ['jwk beside a good signature', header({ jwk: { kty: 'oct', k: '' } })],
  ['x5u beside a good signature', header({ x5u: 'https://127.0.0.1/cert.pem' })],
  ['x5c beside a good signature', header({ x5c: ['MIIB'] })],
  ['x5c null', header({ x5c: null })],
  ['crit unknown', header({ crit: ['x'], x: 1 })],
  ['crit empty', header({ crit: [] })],
  ['crit of exp', header({ crit: ['exp'], exp: 1 })],
  ['zip', header({ zip: 'DEF' })],
  ['b64 false', header({ b64: false, crit: ['b64'] })],
];

const forms = [
  ['two parts', (kit) => kit.parts.slice(0, 2).join('.')],
  ['one part', (kit) => kit.parts[0]],
  ['four parts', (kit) => `${kit.token}.${kit.parts[2]}`],
  ['four parts, the last empty', (kit) => `${kit.token}.`],
  ['five parts (jose JWE)', (kit) => new CompactEncrypt(Buffer.from(kit.token)).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: kit.header.kid, typ: 'at+jwt' }).encrypt(Buffer.alloc(32, 1))],
  ['five parts of ours', (kit) => `${kit.token}.${kit.parts[1]}.${kit.parts[2]}`],
  ['nested: our token as the payload', (kit) => kit.raw({ header: { ...kit.header, cty: 'JWT' }, payload: kit.token })],
  ['nested: signed by jose around ours', (kit) => new CompactSign(Buffer.from(kit.token)).setProtectedHeader({ ...kit.header, alg: 'ES256', cty: 'JWT' }).sign(foreign.ES256)],
  ['a dot in front', (kit) => `.${kit.token}`],
  ['only dots', () => '..'],
  ['header empty', (kit) => `.${kit.parts[1]}.${kit.parts[2]}`],
  ['payload empty', (kit) => `${kit.parts[0]}..${kit.parts[2]}`],
  ['space inside', (kit) => `${kit.parts[0]}. ${kit.parts[1]}.${kit.parts[2]}`],
  ['tab inside', (kit) => `${kit.parts[0]}.${kit.parts[1]}\t.${kit.parts[2]}`],
  ['padding on the header', (kit) => `${kit.parts[0]}=.${kit.parts[1]}.${kit.parts[2]}`],
  ['padding on the signature', (kit) => `${kit.token}==`],
  ['plain base64 letters', (kit) => `${kit.parts[0]}.${kit.parts[1]}.${Buffer.from(kit.parts[2], 'base64url').toString('base64').replace(/=+$/, '')}+/`],
  ['bits left over in the signature', (kit) => `${kit.token.slice(0, -1)}${String.fromCharCode(kit.token.charCodeAt(kit.token.length - 1) + 1)}`],
  ['header is an array', (kit) => kit.raw({ header: '["ES256"]' })],
  ['header is text', (kit) => kit.raw({ header: '"ES256"' })],
  ['header is no JSON', (kit) => kit.raw({ header: 'ES256' })],
  ['header with a byte behind', (kit) => kit.raw({ header: `${JSON.stringify(kit.header)}x` })],
  ['header with NUL behind', (kit) => kit.raw({ header: `${JSON.stringify(kit.header)}\u0000` })],
  ['header with BOM', (kit) => kit.raw({ header: `\ufeff${JSON.stringify(kit.header)}` })],
  ['header of bad UTF-8', (kit) => kit.raw({ header: Buffer.concat([Buffer.from(JSON.stringify(kit.header).slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')]) })],
  ['header nested 100 deep', (kit) => kit.raw({ header: `${JSON.stringify(kit.header).slice(0, -1)},"x":${'['.repeat(100)}${']'.repeat(100)}}` })],
  ['payload is an array', (kit) => kit.raw({ payload: '[]' })],
  ['payload is no JSON', (kit) => kit.raw({ payload: 'sub=1' })],
  ['payload with a byte behind', (kit) => kit.raw({ payload: `${JSON.stringify(kit.claims)}}` })],
  ['duplicate alg, ours first', (kit) => kit.raw({ header: `${JSON.stringify(kit.header).slice(0, -1)},"alg":"none"}` })],
  ['duplicate alg, ours last', (kit) => kit.raw({ header: `{"alg":"none",${JSON.stringify(kit.header).slice(1)}` })],
  ['duplicate kid, escaped', (kit) => kit.raw({ header: `{"k\\u0069d":"x",${JSON.stringify(kit.header).slice(1)}` })],
  ['duplicate sub, ours first', (kit) => kit.raw({ payload: `${JSON.stringify(kit.claims).slice(0, -1)},"sub":"root"}` })],
  ['duplicate exp, ours last', (kit) => kit.raw({ payload: `{"exp":9999999999,${JSON.stringify(kit.claims).slice(1)}` })],
  ['longer than 8 kB', (kit) => kit.resigned({ claims: { pad: 'p'.repeat(7000) } })],
  ...[0, 1, 2].map((at) => [`one bit of part ${at + 1} flipped`, flipped(at)]),
];

const times = [
  ...['"9999999999"', '9999999999.5', '-1', '1e99', '1e10', '0', 'null', 'true', '[9999999999]', '{}', '253402300800', '18446744073709551616'].map((value) => [`exp ${value}`, member(`"exp":${value}`, 'exp'), value === '0' ? 'ACCESS_TOKEN_EXPIRED' : undefined]),
  ['exp missing', without('exp')],
  ['exp in the past', (kit) => kit.resigned({ claims: { exp: now() - 1 } }), 'ACCESS_TOKEN_EXPIRED'],
  ['exp this second', (kit) => kit.resigned({ claims: { exp: now() } }), 'ACCESS_TOKEN_EXPIRED'],
  ['nbf in the future', (kit) => kit.resigned({ claims: { nbf: now() + 600 } })],
  ['nbf a string', claims({ nbf: '0' })],
  ['nbf negative', claims({ nbf: -1 })],
  ['iat far in the future', (kit) => kit.resigned({ claims: { iat: now() + 86400 } })],
  ['iat missing', without('iat')],
  ['iat a float', claims({ iat: 1.5 })],
  ['auth_time missing', without('auth_time')],
];

const meanings = [
  ['aud another', claims({ aud: 'https://other.example.test' })],
  ['aud with a slash', claims({ aud: 'https://id.example.test/' })],
  ['aud an array with ours', claims({ aud: ['https://id.example.test'] })],
  ['aud empty', claims({ aud: '' })],
  ['aud missing', without('aud')],
  ['iss another', claims({ iss: 'https://other.example.test' })],
  ['iss in capitals', claims({ iss: 'HTTPS://ID.EXAMPLE.TEST' })],
  ['iss an array', claims({ iss: ['https://id.example.test'] })],
  ['iss missing', without('iss')],
  ...['JWT', 'jwt', 'at+JWT', 'AT+JWT', 'application/at+jwt', 'at', 'refresh+jwt', 'rt+jwt', 'id+jwt', 'logout+jwt', 'mfa+jwt', 'step-up+jwt', '', ' at+jwt', 'at+jwt\u0000'].map((typ) => [`typ ${JSON.stringify(typ)}`, header({ typ })]),
  ['typ missing', header({ typ: undefined })],
  ['typ a number', header({ typ: 1 })],
  ['cty JWT alone, no typ', header({ typ: undefined, cty: 'at+jwt' })],
  ['sub missing', without('sub')],
  ['sub empty', claims({ sub: '' })],
  ['sub of nobody', claims({ sub: other }), 'SESSION_INVALID'],
  ['sub a number', claims({ sub: 1 })],
  ['sub with NUL', (kit) => kit.resigned({ claims: { sub: `${kit.claims.sub}\u0000` } })],
  ['sid missing', without('sid')],
  ['sid no UUID', claims({ sid: "' OR 1=1 --" })],
  ['sid in capitals with blanks', (kit) => kit.resigned({ claims: { sid: ` ${kit.claims.sid.toUpperCase()}` } })],
  ['jti missing', without('jti')],
  ['jti no UUID', claims({ jti: '1' })],
  ['ver a string', claims({ ver: '1' })],
  ['ver missing', without('ver')],
  ['client_id missing', without('client_id')],
  ['roles a string', claims({ roles: 'ADMIN' })],
  ['roles with an object', claims({ roles: [{ ADMIN: true }] })],
  ['amr missing', without('amr')],
  ['rth missing', without('rth')],
  ['rth too short', claims({ rth: 'AAAA' })],
  ['signed for jose defaults', (kit) => new SignJWT(kit.claims).setProtectedHeader({ alg: kit.header.alg, kid: kit.header.kid }).sign(kit.key)],
];

const signatures = [
  ['signature of 0 bytes', (kit) => `${kit.parts[0]}.${kit.parts[1]}.`],
  ['signature of 1 byte', signatureOf(() => Buffer.alloc(1))],
  ['signature all zero', signatureOf((s) => Buffer.alloc(s.length))],
  ['signature all ones', signatureOf((s) => Buffer.alloc(s.length, 0xff))],
  ['signature one byte short', signatureOf((s) => s.subarray(0, -1))],
  ['signature one byte long', signatureOf((s) => Buffer.concat([s, Buffer.alloc(1)]))],
  ['signature doubled', signatureOf((s) => Buffer.concat([s, s]))],
  ['signature in hex', (kit) => `${kit.parts[0]}.${kit.parts[1]}.${Buffer.from(kit.parts[2], 'base64url').toString('hex')}`],
  ['signature a bare hash', signatureOf((s, kit) => createHash('sha256').update(`${kit.parts[0]}.${kit.parts[1]}`).digest())],
];

const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const zero = Buffer.alloc(32);
const integer = (b) => {
  const trimmed = b.subarray(b.findIndex((byte) => byte !== 0));
  const positive = trimmed[0] & 0x80 ? Buffer.concat([Buffer.alloc(1), trimmed]) : trimmed;
  return Buffer.concat([Buffer.from([2, positive.length]), positive]);
};

/** Only where signatures are pairs of numbers. */
export const ecdsaForgeries = [
  ['r = 0', signatureOf((s) => Buffer.concat([zero, s.subarray(32)]))],
  ['s = 0', signatureOf((s) => Buffer.concat([s.subarray(0, 32), zero]))],
  ['r = n', signatureOf((s) => Buffer.concat([order, s.subarray(32)]))],
  ['s = n', signatureOf((s) => Buffer.concat([s.subarray(0, 32), order]))],
  ['r and s swapped', signatureOf((s) => Buffer.concat([s.subarray(32), s.subarray(0, 32)]))],
  ['signature in DER', signatureOf((s) => {
    const body = Buffer.concat([integer(s.subarray(0, 32)), integer(s.subarray(32))]);
    return Buffer.concat([Buffer.from([0x30, body.length]), body]);
  })],
];

/** [name, make(kit), code] with code ACCESS_TOKEN_INVALID unless told. */
export const forgeries = [...algorithms, ...keys, ...forms, ...times, ...meanings, ...signatures];

/** Longer than web servers like; only what opens nothing is asked. */
export const oversized = [
  ['signature of 21 kB', signatureOf(() => Buffer.alloc(21 * 1024, 1))],
  ['payload of 20 kB', (kit) => compact(kit.header, { ...kit.claims, pad: 'p'.repeat(14000) }, kit.key)],
];
