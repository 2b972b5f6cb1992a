/** Starts nginx, or server.mjs without it, for http: and https:, with the files of the bench. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { nginxProgram } from "../harness/peers.mjs";

const nginx = nginxProgram();

/**
 * @param folder for the server's files
 * @param certificate test/support/certificates.ts
 * @param prefix of the server's command
 * @returns the origins, the file with the certificate authority, the server's name, and `stop`
 */
export async function startServer(folder, certificate, prefix) {
  const authority = certificate({ subject: "nano bench authority", isAuthority: true });
  const { cert, key } = certificate({ subject: "server", names: ["localhost", "127.0.0.1"], issuer: authority });
  const files = { authority: join(folder, "ca.pem"), cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  writeFileSync(files.authority, authority.cert);
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  const server = nginx === undefined ? await startNode(files, prefix) : await startNginx(folder, files, prefix);
  return { ...server, authority: files.authority };
}

async function startNode(files, prefix) {
  const script = fileURLToPath(new URL("server.mjs", import.meta.url));
  const [program, ...args] = [...prefix, process.execPath, script, files.cert, files.key];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { http, https, http2 } = JSON.parse(line);
  const ended = once(child, "exit");
  return {
    ...origins(http, https, http2),
    name: `node:http of Node ${process.versions.node}`,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

async function startNginx(folder, files, prefix) {
  const [http, https, http2, upstream] = await freePorts(4);
  mkdirSync(join(folder, "files"));
  writeFileSync(join(folder, "files/hello"), "Hello, world!");
  writeFileSync(join(folder, "files/large"), Buffer.alloc(64 << 20, "0123456789abcdef"));
  writeFileSync(join(folder, "files/65536"), Buffer.alloc(65_536, "0123456789abcdef"));
  writeFileSync(join(folder, "nginx.conf"), configuration(folder, files, { http, https, http2, upstream }));
  const [program, ...args] = [...prefix, nginx, "-p", folder, "-e", join(folder, "error.log"), "-c", join(folder, "nginx.conf")];
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(child, "exit");
  await isListening(https, child);
  const version = spawnSync(nginx, ["-v"], { encoding: "utf8" }).stderr.trim().replace("nginx version: ", "");
  return {
    ...origins(http, https, http2),
    name: `${version}, one worker`,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

const origins = (http, https, http2) => ({
  http: `http://127.0.0.1:${http}`,
  https: `https://localhost:${https}`,
  http2: `https://localhost:${http2}`,
});

/** nginx answers uploads by an upstream of its own, as that is what makes it read them. */
function configuration(folder, files, { http, https, http2, upstream }) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  return `
    daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log crit;
    ${process.getuid() === 0 ? "user root;" : ""}
    events { worker_connections 4096; multi_accept on; }
    http {
      access_log off; sendfile on; tcp_nodelay on; tcp_nopush off; keepalive_requests 1000000000; keepalive_timeout 600s;
      default_type text/plain; client_max_body_size 16m; client_body_buffer_size 4m; open_file_cache max=16; ${temporary}
      upstream sink { server 127.0.0.1:${upstream}; keepalive 64; }
      server { listen 127.0.0.1:${upstream}; location / { return 200 "ok"; } }
      server {
        listen 127.0.0.1:${http} backlog=1024;
        listen 127.0.0.1:${https} ssl backlog=1024;
        listen 127.0.0.1:${http2} ssl http2 backlog=1024;
        ssl_certificate ${files.cert}; ssl_certificate_key ${files.key};
        root ${folder}/files;
        location /upload {
          proxy_pass http://sink; proxy_pass_request_body off; proxy_set_header Content-Length "";
          proxy_http_version 1.1; proxy_set_header Connection "";
        }
      }
    }`;
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

async function isListening(port, child) {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) break;
    const socket = createConnection(port, "127.0.0.1");
    const connected = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (connected) return;
    await pause(20);
  }
  throw new Error("bench: nginx does not start");
}
