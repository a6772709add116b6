// An OAuth server of another maker (npm's oidc-provider), at the paths of Genesys Cloud and of CXone.
// Its argument is JSON: {life, refreshes, path, tenant, api, fills}; where it `fills`, its pages fill in and send
// their own forms, for a browser with nobody at it. Prints its address. `/granted` responds with the types of grants
// since it was last asked.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const given = JSON.parse(process.argv[2]);
const filled = `<script>
  for (const field of document.querySelectorAll('input[required]')) field.value = 'ada';
  document.forms[0]?.submit();
</script>`;
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const grants = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] };
  const native = { ...grants, application_type: 'native', redirect_uris: ['http://localhost'] };
  const provider = new Provider(issuer, {
    clients: [
      { ...native, client_id: 'public', token_endpoint_auth_method: 'none' },
      { ...native, client_id: 'confidential', client_secret: 'a-secret-of-the-client' },
      {
        client_id: 'machine', client_secret: 'a-secret-of-the-client', redirect_uris: [],
        grant_types: ['client_credentials'], response_types: [],
      },
    ],
    cookies: { keys: ['only for a test'] },
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: true } },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, tenantId: given.tenant }) }),
    claims: { openid: ['sub', 'tenantId'] },
    conformIdTokenClaims: false,
    issueRefreshToken: () => given.refreshes,
    pkce: { required: () => true },
    rotateRefreshToken: true,
    routes: { authorization: `${given.path}/authorize`, token: `${given.path}/token` },
    ttl: { AccessToken: () => given.life, ClientCredentials: () => given.life },
  });
  const granted = [];
  provider.on('grant.success', (ctx) => granted.push(ctx.oidc.params.grant_type));
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const url = new URL(request.url, issuer);
    if (given.fills) {
      const end = response.end.bind(response);
      response.end = (body, ...rest) => {
        const page = String(response.getHeader('Content-Type')).startsWith('text/html');
        if (page) response.removeHeader('Content-Length');
        return end(page ? body + filled : body, ...rest);
      };
    }
    // Genesys Cloud keeps a client's scopes with the client, and no request names one.
    if (url.pathname.endsWith('/authorize') && !url.searchParams.has('scope')) request.url += '&scope=openid';
    const replies = {
      '/.well-known/cxone-configuration': () => ({ api_endpoint: `${given.api ?? issuer}/`, area: 'na1' }),
      '/granted': () => granted.splice(0),
    };
    if (!(url.pathname in replies)) return answer(request, response);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(replies[url.pathname]()));
  });
  console.log(issuer);
});
