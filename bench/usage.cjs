// Preloaded into a program under measurement: says at its end what it took.
const { isMainThread } = require('node:worker_threads');
if (isMainThread) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const usage = { cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024 };
    require('node:fs').writeFileSync(process.env.BENCH_USAGE, JSON.stringify(usage));
  });
}
