import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listening } from './layouts.js';
import { freePort, type RunningProcess, start } from './processes.js';

/** Debian's modules. */
const MODULES = '/usr/lib/apache2/modules';

export interface Apache {
  readonly ports: readonly number[];
  readonly process: RunningProcess;
}

/**
 * Starts a real Apache httpd within its own folder.
 *
 * @param hosts writes the virtual hosts for the ports that were found free
 */
export async function startApache(
  folder: string,
  portCount: number,
  hosts: (ports: readonly number[]) => string,
): Promise<Apache> {
  const ports = await Promise.all(Array.from({ length: portCount }, freePort));
  const documents = join(folder, 'documents');
  for (const path of ['v2/health', 'secret']) mkdirSync(join(documents, path), { recursive: true });
  writeFileSync(join(documents, 'v2', 'health', 'live'), 'live\n');
  writeFileSync(join(documents, 'secret', 'file'), 'secret\n');
  const config = join(folder, 'apache.conf');
  const modules = ['mpm_event', 'authz_core', 'ssl', 'headers', 'rewrite'];
  writeFileSync(
    config,
    `ServerRoot ${folder}
PidFile ${join(folder, 'apache.pid')}
ServerName localhost
ErrorLog ${join(folder, 'error.log')}
DocumentRoot ${documents}
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
SSLSessionCache none
${ports.map((port) => `Listen 127.0.0.1:${port}`).join('\n')}
<Directory ${documents}>
  Require all granted
</Directory>
${hosts(ports)}
`,
  );
  const process = start('apache2', ['-DFOREGROUND', '-f', config]);
  for (const port of ports) await listening(process, port);
  return { ports, process };
}
