// selfsigned as a program: peers.mjs runs it. usage: selfsigned-set.mjs <node_modules' folder> <folder> <clients> [expired]
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [modules, folder, clients, more] = process.argv.slice(2);
const { generate } = createRequire(join(modules, 'index.js'))('selfsigned');
const named = (value) => [{ name: 'commonName', value }];
const extension = (name, fields) => ({ name, ...fields });
const write = (name, { cert, private: key }) => {
  writeFileSync(join(folder, `${name}.pem`), cert);
  writeFileSync(join(folder, `${name}.key`), key);
};
const ca = await generate(named('CA'), {
  keySize: 2048,
  extensions: [extension('basicConstraints', { cA: true, critical: true })],
});
write('ca', ca);
const signed = { keySize: 2048, ca: { key: ca.private, cert: ca.cert } };
const past = more === 'expired' ? { notAfterDate: new Date(Date.now() - 3_600_000) } : {};
write('server', await generate(named('localhost'), { ...signed, ...past }));
for (let number = 0; number < Number(clients); number++)
  write(`client-${number}`, await generate(named(`client-${number}`), signed));
