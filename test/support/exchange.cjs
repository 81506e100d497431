// Loaded into a process of root: at one of its calls by path into a folder that another user controls, that user
// exchanges what is there. Calls on descriptors are left out: no exchange leads them anywhere else.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');

const { EXCHANGE_PLACE, EXCHANGE_AT, EXCHANGE_SCRIPT, EXCHANGE_USER, EXCHANGE_LOG } = process.env;
const at = Number(EXCHANGE_AT);
let calls = 0;
let asRoot = 0;

function intercept(owner, name) {
  const original = owner[name];
  owner[name] = function (...args) {
    if (args.some((arg) => typeof arg === 'string' && arg.startsWith(EXCHANGE_PLACE))) {
      calls++;
      if (process.geteuid() === 0) asRoot++;
      if (calls === at) exchange('once');
      else if (calls > at) exchange('again');
    }
    return original.apply(this, args);
  };
  // Some calls are functions with properties, such as realpathSync.native.
  Object.assign(owner[name], original);
}

let over = false;

function exchange(moment) {
  if (over) return;
  // A user cannot do what the kernel does not let that user do: the exchange is the user's own process.
  const user = Number(EXCHANGE_USER);
  const asUser = process.geteuid() === 0 ? { uid: user, gid: user } : {};
  const env = { PATH: process.env.PATH };
  const { status } = spawnSync('/bin/sh', ['-c', EXCHANGE_SCRIPT, 'sh', moment], { ...asUser, env });
  // The script's way to say that it has nothing more to exchange.
  if (status === 9) over = true;
}

for (const owner of [fs, fs.promises]) {
  for (const name of Object.keys(owner)) {
    if (typeof owner[name] === 'function' && /^[a-z]/.test(name)) intercept(owner, name);
  }
}

const { appendFileSync } = fs;
process.on('exit', () => appendFileSync(EXCHANGE_LOG, `${calls} ${asRoot}\n`));
