// SPDX-License-Identifier: MIT
// A house whose web servers guard /app/ by sessions of the frontend interface:
// behind them stand a program that is asked over HTTP, one that is run (CGI), and
// files.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { FrontendStack } from './frontend.mjs';
import { freePort, own } from './process.mjs';
import { snippet, sourceRoot } from './stack.mjs';

export const guards = ['nginx', 'lighttpd', 'apache'];
export const page = '<!DOCTYPE html><title>Guarded</title><h1>Guarded</h1>\n';

/** The program tells what it heard, and answers as its query says. */
function program(heard) {
  return http.createServer((req, res) => {
    const asked = new URL(req.url, 'http://program').searchParams;
    const chunks = [];
    heard.push(req.headers);
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      const fields = { 'Content-Type': 'application/json', ...(asked.has('cookies') && { 'Set-Cookie': ['theme=dark', 'lang=de'] }), ...(asked.has('cache') && { 'Cache-Control': 'public, max-age=60' }) };
      res.writeHead(Number(asked.get('status') ?? 200), fields);
      res.end(JSON.stringify({ user: req.headers['x-session-user'] ?? null, method: req.method, body: Buffer.concat(chunks).toString() }));
    });
  });
}

/** /app/http is the program over HTTP, /app/run.sh the one that is run, the rest
 *  are files. `apache` is what Apache has of Gatehouse otherwise. */
export class GuardedStack extends FrontendStack {
  constructor({ webs = guards, apache = 'apache-fcgid.conf', ...options } = {}) {
    super({ webs, ...options });
    Object.assign(this, { heard: [], apache });
  }

  async start() {
    this.program = program(this.heard);
    this.programPort = await freePort();
    await new Promise((done) => { this.program.listen(this.programPort, '127.0.0.1', done); });
    await super.start();
  }

  startPool() {
    const dir = this.file('app');
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'run.sh'), '#!/bin/sh\nprintf "Status: ${QUERY_STRING:-200}\\r\\nContent-Type: text/plain\\r\\n\\r\\n"\nenv\ncat\n');
    writeFileSync(join(dir, 'index.html'), page);
    writeFileSync(join(dir, 'plain'), 'plain\n');
    own(dir);
    chmodSync(join(dir, 'run.sh'), 0o755);
    return super.startPool();
  }

  places() {
    return { ...super.places(), '/usr/share/gatehouse': sourceRoot };
  }

  nginxConfig(port) {
    const guarded = `location /app/ {
      auth_request /gatehouse-verify;
      auth_request_set $session_user $upstream_http_x_session_user;
      auth_request_set $session_cookie $upstream_http_set_cookie;
      auth_request_set $session_front $upstream_http_front_token;
      auth_request_set $session_access $upstream_http_st_access_token;
      auth_request_set $session_csrf $upstream_http_anti_csrf;
      add_header Set-Cookie $session_cookie always;
      add_header front-token $session_front always;
      add_header st-access-token $session_access always;
      add_header anti-csrf $session_csrf always;
      error_page 401 403 = @gatehouse_refusal;
      location /app/http {
        proxy_set_header X-Session-User $session_user;
        proxy_pass http://127.0.0.1:${this.programPort};
      }
    }`;
    return super.nginxConfig(port).replace(/\} \}$/, `${snippet('nginx-frontend.conf', this.places())}\n${guarded}\n} }`);
  }

  lighttpdConfig(port, name) {
    return `${super.lighttpdConfig(port, name)}
server.modules += ( "mod_proxy", "mod_cgi" )
index-file.names = ( "index.html" )
mimetype.assign = ( ".html" => "text/html" )
${snippet('lighttpd-guard.conf', this.places())}
$HTTP["url"] =~ "^/app/http" { proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => ${this.programPort} )) ) }
$HTTP["url"] =~ "^/app/run" { cgi.assign = ( ".sh" => "/bin/sh" ) }`;
  }

  apacheConfig(port, name = this.apache) {
    const modules = ['proxy_http', 'cgid', 'dir', 'mime'].map((m) => `LoadModule ${m}_module modules/mod_${m}.so`).join('\n');
    return `${super.apacheConfig(port, name)}
${modules}
ScriptSock ${this.file('cgid.sock')}
TypesConfig /dev/null
AddType text/html .html
DirectoryIndex index.html
${snippet('apache-guard.conf', this.places())}
ProxyPass /app/http http://127.0.0.1:${this.programPort}/app/http
<Location "/app/run.sh">
  Options +ExecCGI
  SetHandler cgi-script
</Location>`;
  }

  async stop() {
    await super.stop();
    await new Promise((done) => { this.program.close(done); this.program.closeAllConnections(); });
  }
}
