// Verifiers of other languages, which judge files of certificates. Each gives `accepted` or its own words, for each file.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../program.js';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
type Side = 'client' | 'server';

function lines(program: string, args: readonly string[], env: Record<string, string> = {}): string[] {
  const { status, stdout, stderr } = run(program, args, { env });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return stdout.trimEnd().split('\n');
}

/** Go's crypto/x509. The first time, Go builds its library. */
export function verifyByGo(root: string, side: Side, files: readonly string[]): string[] {
  return lines('go', ['run', here('verify.go'), root, side, ...files], { GOTOOLCHAIN: 'local' });
}

/** Java's trust manager. */
export function verifyByJava(root: string, side: Side, files: readonly string[]): string[] {
  return lines('java', [here('Verify.java'), root, side, ...files]);
}

/** NSS, by its own tool, which wants each certificate in a file of its own. */
export function verifyByNss(folder: string, root: string, side: Side, files: readonly string[]): string[] {
  return files.map((file) => {
    const blocks = readFileSync(file, 'utf8').match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? [];
    const chain = blocks.flatMap((pem, index) => {
      const path = join(folder, `nss-${index}.pem`);
      writeFileSync(path, pem);
      return ['-a', path];
    });
    const usage = side === 'client' ? '0' : '1';
    const { stdout, stderr } = run('vfychain', ['-pp', '-u', usage, ...chain, '-t', '-a', root]);
    const output = `${stdout}${stderr}`;
    return output.includes('Chain is good!') ? 'accepted' : output.trim();
  });
}
