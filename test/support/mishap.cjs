// Loaded into a run of the program: at one of its calls into a folder it is killed, or the call fails.
const fs = require('node:fs');

const { MISHAP_PLACE, MISHAP_AT, MISHAP_CALLS, MISHAP, MISHAP_LOG } = process.env;
const at = Number(MISHAP_AT);
const counted = new RegExp(MISHAP_CALLS);
let calls = 0;

function intercept(owner, name) {
  const original = owner[name];
  owner[name] = function (...args) {
    const inside =
      args.some((arg) => typeof arg === 'string' && arg.startsWith(MISHAP_PLACE)) ||
      // A descriptor of its own: of the files that are synced, all are in the folder.
      /^f(?:data)?sync/.test(name);
    if (!inside || !counted.test(name) || ++calls !== at) return original.apply(this, args);
    if (MISHAP === 'kill') process.kill(process.pid, 'SIGKILL');
    const error = Object.assign(new Error(`${MISHAP}: forced, ${name}`), { code: MISHAP, syscall: name });
    if (owner === fs.promises) return Promise.reject(error);
    const callback = args.at(-1);
    if (typeof callback !== 'function') throw error;
    setImmediate(() => callback(error));
    return undefined;
  };
  Object.assign(owner[name], original);
}

for (const owner of [fs, fs.promises]) {
  for (const name of Object.keys(owner)) {
    if (typeof owner[name] === 'function' && /^[a-z]/.test(name)) intercept(owner, name);
  }
}

const { appendFileSync } = fs;
process.on('exit', () => appendFileSync(MISHAP_LOG, `${calls}\n`));
