// Checks a set on disk from the outside: with node:crypto and the files alone, by nothing of src/.
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What is wrong with the set in a folder, in words; an empty list where it is whole. */
export function findProblems(folder: string): string[] {
  const problems: string[] = [];
  const claim = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const manifest = JSON.parse(readFileSync(join(folder, 'set.json'), 'utf8'));
  for (const { path, sha256, mode } of manifest.files) {
    const stats = lstatSync(join(folder, path), { throwIfNoEntry: false });
    if (stats === undefined) {
      problems.push(`${path} is missing`);
      continue;
    }
    const content = readFileSync(join(folder, path));
    claim(createHash('sha256').update(content).digest('hex') === sha256, `${path} has another hash`);
    claim((stats.mode & 0o777) === Number.parseInt(mode, 8), `${path} has mode ${stats.mode.toString(8)}`);
  }
  if (problems.length > 0) return problems;

  const certificate = (path: string) => new X509Certificate(readFileSync(join(folder, path)));
  const ca = certificate('ca.pem');
  claim(ca.verify(ca.publicKey), 'ca.pem is not signed by its own key');
  for (const entry of manifest.certificates) {
    for (const [layout, parts] of Object.entries(entry.files as Record<string, Record<string, string>>)) {
      const where = `${entry.name} in ${layout}`;
      if (parts.certificate === undefined) continue;
      const issued = certificate(parts.certificate);
      claim(fingerprint(issued) === entry.sha256, `${where} is not what the manifest says`);
      if (['server', 'peer', 'client'].includes(entry.role)) {
        claim(issued.verify(ca.publicKey), `${where} is not signed by ca.pem`);
      }
      if (parts.key === undefined) continue;
      const key = createPrivateKey(readFileSync(join(folder, parts.key)));
      claim(issued.checkPrivateKey(key), `${where} is beside another certificate's key`);
    }
  }
  return problems;
}

function fingerprint({ raw }: X509Certificate): string {
  return createHash('sha256').update(raw).digest('hex');
}

/** Every file and folder below a folder, with its mode, owner and content. */
export function snapshot(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, uid } = lstatSync(path);
      const content = entry.isFile() ? readFileSync(path, 'hex') : 'no file';
      return [relative(folder, path), `${mode.toString(8)} ${uid} ${content}`];
    }),
  );
}
