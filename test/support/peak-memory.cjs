// Loaded into every process that a hostile test starts: says at its end how much memory it had at the most.
const { appendFileSync, readFileSync } = require('node:fs');

process.on('exit', () => {
  try {
    // Unlike what getrusage says, this leaves out the process that started this one.
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    const kilobytes = peak === null ? process.resourceUsage().maxRSS : peak[1];
    appendFileSync(process.env.PEAK_MEMORY_LOG, `${kilobytes}\n`);
  } catch {
    // A process whose calls are made to fail has no log.
  }
});
