/**
 * Servers that others wrote, each with TLS on a port of 127.0.0.1: /small.txt and /big.bin from a folder, and all below /up/
 * by a server behind it (scripts/interop.mjs), where it can. Their processes are their starter's, who ends them; their
 * files are in the folder that is given.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} Settings
 * @property {string} folder for its own files; has cert.pem, key.pem, and both in both.pem
 * @property {string} files what it serves
 * @property {number} port
 * @property {number} behind the port of the server that /up/ leads to
 */

const apache_modules = "/usr/lib/apache2/modules";

/**
 * By name: the program; what is asked of it (`up`: it has /up/; `http1`: it speaks HTTP/1.1 too; `half_duplex`: it has to
 * have read all of a request before it answers by HTTP/1.1); and how it is started in the foreground, as a function of
 * {@link Settings} that writes its files and gives its arguments.
 */
export const servers = {
  nginx: {
    program: "nginx",
    up: true,
    http1: true,
    start({ folder, files, port, behind }) {
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((name) => `${name}_temp_path ${folder}/nginx-${name};`)
        .join(" ");
      write(
        folder,
        "nginx.conf",
        `pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; worker_processes 1; daemon off;
        events { worker_connections 2048; }
        http {
          access_log off; ${temporary} client_max_body_size 100m; keepalive_requests 300;
          server {
            listen 127.0.0.1:${port} ssl http2; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
            root ${files};
            location /up/ { proxy_pass http://127.0.0.1:${behind}; }
          }
        }`,
      );
      return ["-c", join(folder, "nginx.conf")];
    },
  },
  apache: {
    program: "apache2",
    up: true,
    http1: true,
    start({ folder, files, port, behind }) {
      const modules = ["mpm_event", "authz_core", "ssl", "http2", "proxy", "proxy_http"];
      // Debian's user for it; it does not run as root.
      const user = process.getuid?.() === 0 ? "User www-data\nGroup www-data" : "";
      write(
        folder,
        "apache.conf",
        `ServerRoot ${folder}
        PidFile ${folder}/apache.pid
        ErrorLog ${folder}/apache.log
        ${modules.map((name) => `LoadModule ${name}_module ${apache_modules}/mod_${name}.so`).join("\n")}
        ${user}
        ServerName localhost
        Mutex file:${folder} default
        # All there will be: while it makes processes and ends them it loses connections that it has just taken.
        StartServers 16
        ServerLimit 16
        MaxRequestWorkers 400
        MaxSpareThreads 400
        Listen 127.0.0.1:${port}
        Protocols h2 http/1.1
        SSLEngine on
        SSLCertificateFile ${folder}/cert.pem
        SSLCertificateKeyFile ${folder}/key.pem
        DocumentRoot ${files}
        ProxyPass /up/ http://127.0.0.1:${behind}/up/`,
      );
      return ["-f", join(folder, "apache.conf"), "-DFOREGROUND"];
    },
  },
  haproxy: {
    program: "haproxy",
    up: true,
    http1: true,
    start({ folder, port, behind }) {
      write(
        folder,
        "haproxy.cfg",
        `defaults
          mode http
          timeout connect 5s
          timeout client 30s
          timeout server 30s
        frontend tls
          bind 127.0.0.1:${port} ssl crt ${folder}/both.pem alpn h2,http/1.1
          default_backend behind
        backend behind
          server one 127.0.0.1:${behind}
        `,
      );
      return ["-f", join(folder, "haproxy.cfg")];
    },
  },
  lighttpd: {
    program: "lighttpd",
    up: true,
    http1: true,
    start({ folder, files, port, behind }) {
      write(
        folder,
        "lighttpd.conf",
        `server.modules = ( "mod_openssl", "mod_proxy" )
        server.document-root = "${files}"
        server.bind = "127.0.0.1"
        server.port = ${port}
        server.upload-dirs = ( "${folder}" )
        server.stream-request-body = 1
        ssl.engine = "enable"
        ssl.pemfile = "${folder}/both.pem"
        $HTTP["url"] =~ "^/up/" { proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => ${behind} )) ) }`,
      );
      return ["-D", "-f", join(folder, "lighttpd.conf")];
    },
  },
  caddy: {
    program: "caddy",
    up: true,
    http1: true,
    // By HTTP/1.1, Go's server drops what it has not read of a request when its response begins, and ends that as if it were
    // whole (net/http, EnableFullDuplex): 3 to 6 of 100 echoes of 1 MiB are cut, also for Node's own client.
    half_duplex: true,
    start({ folder, files, port, behind }) {
      write(
        folder,
        "Caddyfile",
        `{
          admin off
          auto_https off
        }
        https://localhost:${port} {
          bind 127.0.0.1
          tls ${folder}/cert.pem ${folder}/key.pem
          handle /up/* {
            reverse_proxy 127.0.0.1:${behind}
          }
          handle {
            root * ${files}
            file_server
          }
        }`,
      );
      return ["run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"];
    },
  },
  h2o: {
    program: "h2o",
    up: true,
    http1: true,
    start({ folder, files, port, behind }) {
      const lines = [
        "listen:",
        "  host: 127.0.0.1",
        `  port: ${port}`,
        "  ssl:",
        `    certificate-file: ${folder}/cert.pem`,
        `    key-file: ${folder}/key.pem`,
        "    ocsp-update-interval: 0",
        "hosts:",
        "  default:",
        "    paths:",
        '      "/up/":',
        `        proxy.reverse.url: "http://127.0.0.1:${behind}/up/"`,
        '      "/":',
        `        file.dir: ${files}`,
        `error-log: ${folder}/h2o.log`,
      ];
      write(folder, "h2o.conf", lines.join("\n"));
      return ["-c", join(folder, "h2o.conf")];
    },
  },
  nghttpd: {
    program: "nghttpd",
    up: false,
    http1: false,
    start({ folder, files, port }) {
      return ["--address=127.0.0.1", "-d", files, String(port), join(folder, "key.pem"), join(folder, "cert.pem")];
    },
  },
};

function write(folder, name, text) {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `${text}\n`);
}
