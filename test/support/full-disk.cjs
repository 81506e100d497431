// Loaded into a run of the program: every call that takes room on the disk fails in one folder, until so many files were
// removed there.
const fs = require('node:fs');

const { FULL_PLACE, FULL_UNTIL } = process.env;
let removed = 0;

function intercept(owner, name, fails, done = () => undefined) {
  const original = owner[name];
  owner[name] = function (...args) {
    const inside = typeof args[0] === 'string' && args[0].startsWith(FULL_PLACE);
    if (!inside || removed >= Number(FULL_UNTIL) || !fails(args)) {
      if (inside) done();
      return original.apply(this, args);
    }
    const error = Object.assign(new Error(`ENOSPC: forced, ${name}`), { code: 'ENOSPC', syscall: name });
    if (owner === fs.promises) return Promise.reject(error);
    const callback = args.at(-1);
    if (typeof callback !== 'function') throw error;
    setImmediate(() => callback(error));
    return undefined;
  };
  Object.assign(owner[name], original);
}

const always = () => true;
const never = () => false;
const count = () => {
  removed++;
};
const writes = ([, flags]) => typeof flags === 'string' && /[wa+]/.test(flags);
for (const owner of [fs, fs.promises]) {
  for (const name of ['mkdir', 'mkdirSync', 'writeFile', 'writeFileSync']) {
    if (name in owner) intercept(owner, name, always);
  }
  for (const name of ['open', 'openSync']) if (name in owner) intercept(owner, name, writes);
  for (const name of ['unlink', 'unlinkSync']) if (name in owner) intercept(owner, name, never, count);
}
