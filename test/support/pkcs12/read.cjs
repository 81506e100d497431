// Prints the chain of each keystore in Base64, a line a file, as a client sees it: Node gives no key of a PKCS #12 file
// away, and a handshake proves that it is the certificate's.
const { readFileSync } = require('node:fs');
const tls = require('node:tls');

const passphrase = process.env.STORE_PASSWORD;

function serve(file) {
  return new Promise((resolve, reject) => {
    const server = tls.createServer({ pfx: readFileSync(file), passphrase }, (socket) => socket.end());
    server.on('tlsClientError', reject);
    server.listen(0, '127.0.0.1', () => {
      const socket = tls.connect({
        port: server.address().port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
      });
      socket.on('error', reject);
      socket.on('secureConnect', () => {
        const chain = [];
        for (let one = socket.getPeerCertificate(true); one?.raw && !chain.includes(one); ) {
          chain.push(one);
          one = one.issuerCertificate;
        }
        socket.destroy();
        server.close(() => resolve(chain.map(({ raw }) => raw.toString('base64')).join(' ')));
      });
    });
  });
}

(async () => {
  for (const file of process.argv.slice(2)) process.stdout.write(`${await serve(file)}\n`);
})();
