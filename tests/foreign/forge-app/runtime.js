/**
 * What Forge does around a handler, over HTTP: verifies that an event comes from the platform, calls the
 * handler, and carries its requests back with the token that came with the event.
 */
import {AsyncLocalStorage} from 'node:async_hooks';
import {createPublicKey, verify} from 'node:crypto';
import {createServer} from 'node:http';
import {register} from 'node:module';

const {PORT, PLATFORM, APP_ID} = process.env;
const invocation = new AsyncLocalStorage();
const seen = {events: [], attempts: {}, problems: []};

register(
  `data:text/javascript,${encodeURIComponent(`
    export const resolve = (name, context, next) =>
      name === '@forge/migrations'
        ? {url: ${JSON.stringify(new URL('./migrations.js', import.meta.url).href)}, shortCircuit: true}
        : next(name, context);
  `)}`,
);

globalThis.__forge_fetch__ = async (spec, path, init = {}) => {
  if (spec.provider !== 'app' || spec.remote !== 'stargate') throw new Error(`asked for ${spec.remote}`);
  const headers = {...init.headers, Authorization: `Bearer ${invocation.getStore().token}`};
  return fetch(PLATFORM + path, {...init, headers});
};

const {handler, notes, found} = await import('./handler.js');

const parse = (part) => JSON.parse(Buffer.from(part, 'base64url'));

async function verified(token) {
  const [head, body, signature] = token.split('.');
  const {alg, kid} = parse(head);
  const {keys} = await (await fetch(`${PLATFORM}/.well-known/jwks.json`)).json();
  const key = createPublicKey({key: keys.find((each) => each.kid === kid), format: 'jwk'});
  const signed = Buffer.from(`${head}.${body}`);
  if (alg !== 'RS256' || !verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) {
    throw new Error('the signature is wrong');
  }
  const claims = parse(body);
  const now = Date.now() / 1000;
  if (claims.iss !== 'forge/invocation-token' || claims.exp < now || claims.nbf > now + 30) {
    throw new Error('the token is not for now');
  }
  if (claims.aud !== `ari:cloud:ecosystem::app/${APP_ID}` || claims.app.id !== claims.aud) {
    throw new Error('the token is for another app');
  }
  return claims;
}

async function invoke(request, text) {
  const claims = await verified(request.headers.authorization.replace('Bearer ', ''));
  const event = JSON.parse(text);
  seen.attempts[event.messageId] = (seen.attempts[event.messageId] ?? 0) + 1;
  const context = {installContext: `ari:cloud:confluence::site/${claims.context.cloudId}`};
  await invocation.run({token: request.headers['x-forge-oauth-system']}, () => handler(event, context));
  seen.events.push(event);
}

createServer(async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  try {
    if (request.url === '/seen') {
      response.end(JSON.stringify({...seen, found, notes: Object.fromEntries(notes)}));
      return;
    }
    await invoke(request, text);
    response.writeHead(200, {'Content-Type': 'application/json'}).end('{}');
  } catch (error) {
    seen.problems.push(error.message);
    response.writeHead(500).end();
  }
}).listen(Number(PORT), '127.0.0.1');
