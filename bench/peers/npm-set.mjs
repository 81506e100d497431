// A set by another package from npm: a CA, a server, a client. It is taken from the folder it was installed in.
// usage: npm-set.mjs <selfsigned|mkcert> <folder of node_modules>
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [name, folder] = process.argv.slice(2);
const load = createRequire(join(folder, 'index.js'));
if (name === 'selfsigned') {
  const { generate } = load('selfsigned');
  const attributes = (value) => [{ name: 'commonName', value }];
  for (const commonName of ['CA', 'localhost', 'client'])
    await generate(attributes(commonName), { keySize: 2048 });
} else {
  const { createCA, createCert } = load('mkcert');
  const subject = { countryCode: 'XX', state: 'x', locality: 'x' };
  const ca = await createCA({ organization: 'x', ...subject, validity: 1 });
  for (const domains of [['localhost', '127.0.0.1'], ['client']])
    await createCert({ ca, domains, validity: 1 });
}
