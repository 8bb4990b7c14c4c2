// SPDX-License-Identifier: MIT
// A back end as people write it: Express and the unmodified supertokens-node,
// for which a house of ours is the core. A program of its own, since the SDK
// knows one core per process. It tells its port on standard output.
import express from 'express';
import supertokens from 'supertokens-node';
import { errorHandler, middleware } from 'supertokens-node/framework/express/index.js';
import EmailPassword from 'supertokens-node/recipe/emailpassword/index.js';
import EmailVerification from 'supertokens-node/recipe/emailverification/index.js';
import JWT from 'supertokens-node/recipe/jwt/index.js';
import Multitenancy from 'supertokens-node/recipe/multitenancy/index.js';
import Session from 'supertokens-node/recipe/session/index.js';
import { verifySession } from 'supertokens-node/recipe/session/framework/express/index.js';
import UserMetadata from 'supertokens-node/recipe/usermetadata/index.js';
import UserRoles from 'supertokens-node/recipe/userroles/index.js';

const options = JSON.parse(process.env.SDK_OPTIONS);
const pick = (module) => module.default ?? module;
const recipes = {
  EmailPassword: pick(EmailPassword), EmailVerification: pick(EmailVerification), JWT: pick(JWT), Multitenancy: pick(Multitenancy),
  Session: pick(Session), UserMetadata: pick(UserMetadata), UserRoles: pick(UserRoles), supertokens: pick(supertokens),
};
/* Mails go nowhere but to who asks this program for the last one. */
let mail;
const emailDelivery = {
  override: (original) => ({
    ...original,
    async sendEmail(input) {
      mail = { type: input.type, link: input.passwordResetLink ?? input.emailVerifyLink };
    },
  }),
};

const app = express();
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const { EmailPassword: EP, EmailVerification: EV, Multitenancy: MT, Session: S, UserMetadata: UM, UserRoles: UR, JWT: J } = recipes;
  recipes.supertokens.init({
    framework: 'express',
    supertokens: { connectionURI: options.uri, apiKey: options.key },
    appInfo: { appName: 'test', apiDomain: `http://127.0.0.1:${port}`, websiteDomain: 'http://127.0.0.1:3000', apiBasePath: '/auth' },
    /* With the others every user must be one the core knows. */
    recipeList: [
      ...(options.sessionsOnly ? [] : [EP.init({ emailDelivery }), EV.init({ mode: 'OPTIONAL', emailDelivery }), MT.init(), UM.init(), UR.init(), J.init()]),
      S.init({ exposeAccessTokenToFrontendInCookieBasedAuth: true, ...options.session }),
    ],
  });
  app.use(middleware());
  app.use(express.json());
  const told = (session) => ({
    handle: session.getHandle(), userId: session.getUserId(), recipeUserId: session.getRecipeUserId().getAsString(),
    tenantId: session.getTenantId(), payload: session.getAccessTokenPayload(),
  });
  app.get('/me', verifySession(), (req, res) => res.json(told(req.session)));
  app.get('/looked', verifySession({ checkDatabase: true }), (req, res) => res.json(told(req.session)));
  app.post('/payload', verifySession(), async (req, res) => {
    await req.session.mergeIntoAccessTokenPayload(req.body);
    res.json(told(req.session));
  });
  app.post('/data', verifySession(), async (req, res) => {
    await req.session.updateSessionDataInDatabase(req.body);
    res.json(await req.session.getSessionDataFromDatabase());
  });
  const validators = (values) => async (given) => [...given, ...values];
  app.get('/admin', verifySession({ overrideGlobalClaimValidators: validators([UR.UserRoleClaim.validators.includes('admin')]) }), (req, res) => res.json({}));
  app.get('/verified', verifySession({ overrideGlobalClaimValidators: validators([EV.EmailVerificationClaim.validators.isVerified(0)]) }), (req, res) => res.json({}));
  app.post('/session', async (req, res) => {
    const { tenantId = 'public', userId, payload = {}, data = {} } = req.body;
    const session = await S.createNewSession(req, res, tenantId, recipes.supertokens.convertToRecipeUserId(userId), payload, data);
    res.json(told(session));
  });
  app.get('/mail', (req, res) => res.json(mail ?? {}));
  /* Any function of the SDK: an argument { recipeUserId } stands for one. */
  app.post('/call/:recipe/:name', async (req, res) => {
    const args = req.body.map((arg) => (arg?.recipeUserId ? recipes.supertokens.convertToRecipeUserId(arg.recipeUserId) : arg ?? undefined));
    try {
      res.json({ value: await recipes[req.params.recipe][req.params.name](...args) });
    } catch (error) {
      res.json({ error: error.message, type: error.type });
    }
  });
  app.use(errorHandler());
  app.use((error, req, res, next) => {
    void next;
    res.status(500).json({ error: error.message });
  });
  process.stdout.write(`${port}\n`);
});
