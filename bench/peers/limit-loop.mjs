// What no maker of client certificates can do without: a key, a signature over 400 bytes, two files each.
// usage: limit-loop.mjs <folder> <count>
import { createECDH, generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';

const [folder, count] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const content = Buffer.alloc(400, 1);
const certificate = 'x'.repeat(700);
const key = 'x'.repeat(241);
for (let client = 0; client < Number(count); client++) {
  createECDH('prime256v1').generateKeys();
  sign('sha256', content, privateKey);
  writeFileSync(`${folder}/client-${client}.pem`, certificate);
  writeFileSync(`${folder}/client-${client}.key`, key, { mode: 0o600 });
}
