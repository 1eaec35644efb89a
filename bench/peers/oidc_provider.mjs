// oidc-provider with its own in-memory adapter, as its README starts it. The adapter forgets all but its newest 1,000
// entries, so that is about how many tokens there can be.
//
// Run in the folder that has node_modules: node oidc_provider.mjs PORT ID SECRET TOKENS_FILE

import { writeFileSync } from 'node:fs';

const TOKENS = 900;
const LIFETIME = 180 * 24 * 60 * 60;
const [port, id, secret, tokensFile] = process.argv.slice(2);
console.warn = () => {}; // that the adapter and the keys are those of a first try, and that it wants a newer Node
const { Provider } = await import(`${process.cwd()}/node_modules/oidc-provider/lib/index.js`);

const apart = { grant_types: [], redirect_uris: [], response_types: [] };
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    { client_id: id, client_secret: secret, token_endpoint_auth_method: 'client_secret_basic', ...apart },
    { client_id: 'third-party', client_secret: secret, ...apart, grant_types: ['client_credentials'] },
  ],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
  },
  scopes: ['api'],
  ttl: { ClientCredentials: LIFETIME },
});

const client = await provider.Client.find('third-party');
const tokens = [];
for (let number = 0; number < TOKENS; number += 1) {
  tokens.push(await new provider.ClientCredentials({ client, scope: 'api' }).save());
}
writeFileSync(tokensFile, `${tokens.join('\n')}\n`);
provider.listen(Number(port), '127.0.0.1');
