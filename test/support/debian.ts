// The programs of a machine, and Debian's packages for those that are missing.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether a program is in the path, or at the path that is given. */
export function hasProgram(name: string): boolean {
  if (name.startsWith('/')) return existsSync(name);
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin'];
  return folders.some((folder) => existsSync(join(folder, name)));
}

/** Installs packages where it may: as root on Debian or Ubuntu. What fails is said, and no error. */
export function installPackages(names: readonly string[], say: (text: string) => void): void {
  if (names.length === 0 || process.getuid?.() !== 0 || !isDebian()) return;
  say(`installing ${names.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update', '-q'], { env, stdio: 'pipe' });
    // A package's own service must not start here: nothing listens but what a test starts.
    execFileSync(
      'apt-get',
      ['install', '-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', ...names],
      { env: { ...env, RUNLEVEL: '1' }, stdio: 'pipe' },
    );
  } catch (error) {
    say(`apt-get failed: ${String((error as { stderr?: unknown }).stderr ?? error)}`);
  }
}

function isDebian(): boolean {
  return (
    existsSync('/etc/os-release') && /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}
