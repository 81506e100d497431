// The model servers of the field tests: packages of Python, each in an environment of its own.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CachedProgram, call } from '../support/cache.js';

/** Packages in an environment of their own. What tests are given is its folder. */
function environment(name: string, packages: readonly string[]): CachedProgram {
  return {
    name,
    async install(folder) {
      await call('python3', ['-m', 'venv', folder]);
      const quick = ['-q', '--no-compile', '--disable-pip-version-check'];
      await call(pythonOf(folder), ['-m', 'pip', 'install', ...quick, ...packages]);
    },
    use: (folder) => folder,
  };
}

export const pythonOf = (folder: string) => join(folder, 'bin', 'python');

const PYTRITON = environment('nvidia-pytriton-0.7.0', [
  'nvidia-pytriton==0.7.0',
  'tritonclient[grpc,http]==2.73.0',
]);

const WHERE_TRITON_IS =
  'import os, pytriton, sys; print(os.path.dirname(pytriton.__file__), "%d.%d" % sys.version_info[:2], sep="\\n")';

/** Triton's own server, with the backend for models in Python, and its clients. */
export const triton: CachedProgram = {
  ...PYTRITON,
  async install(folder) {
    await PYTRITON.install(folder);
    const [home = '', version = ''] = (await call(pythonOf(folder), ['-c', WHERE_TRITON_IS])).split('\n');
    const server = join(home, 'tritonserver');
    const stub = 'triton_python_backend_stub';
    const backend = join('backends', 'python');
    copyFileSync(join(server, 'python_backend_stubs', version, stub), join(server, backend, stub));
    // The environment is moved when it is whole: what is written here finds its own place.
    const inside = server.slice(folder.length + 1);
    const script = `#!/bin/sh
home=$(dirname "$(dirname "$0")")
PATH="$home/bin:$PATH" exec "$home/${inside}/bin/tritonserver" --backend-directory "$home/${inside}/backends" "$@"
`;
    mkdirSync(join(folder, 'programs'));
    writeFileSync(join(folder, 'programs', 'tritonserver'), script, { mode: 0o755 });
  },
};

export const kserve = environment('kserve-0.21.0', ['kserve==0.21.0']);
export const mlserver = environment('mlserver-1.7.1', ['mlserver==1.7.1']);
export const ovmsclient = environment('ovmsclient-2023.1', ['ovmsclient==2023.1']);
