/** The style of every page: light and dark, for a narrow screen, a wide one and paper. */
export const STYLE = `
:root { color-scheme: light dark; --back: #ffffff; --card: #f4f6f8; --line: #c3cad1; --text: #1b1f24; --dim: #505a64;
  --right: #0a6128; --wrong: #a8101a; --warning: #6e4400; --inconclusive: #505a64; --mark: #ffe9a8; --mark-text: #3d2b00; }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --card: #1f2429; --line: #48525c; --text: #e6e8eb;
  --dim: #aeb6be; --right: #6fdc8c; --wrong: #ff9b96; --warning: #f2c14e; --inconclusive: #aeb6be; --mark: #5a4700;
  --mark-text: #fff3cf; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 100rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.3rem; }
h3 { margin: 1.5rem 0 0.5rem; font-size: 1.1rem; }
h4 { margin: 0 0 0.5rem; font-size: 1rem; }
h1, h2, h3, h4, td, th, dd, code, a { unicode-bidi: isolate; }
a { color: inherit; }
code { font: 0.9em/1.4 ui-monospace, monospace; }
.verdict { border-left: 0.5rem solid currentcolor; padding-left: 0.75rem; }
.right { color: var(--right); } .wrong { color: var(--wrong); } .warning { color: var(--warning); }
.inconclusive { color: var(--inconclusive); }
.word { font-weight: 700; white-space: nowrap; }
.dim { color: var(--dim); }
.sides { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 32rem), 1fr)); }
.sides > section { min-width: 0; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 3px solid currentcolor; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid var(--line); padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; min-width: 5rem; }
thead th { background: var(--card); }
tbody th { font-weight: 400; min-width: 9rem; }
article { border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.75rem; margin: 0 0 0.75rem; break-inside: avoid; }
article:target { outline: 3px solid currentcolor; }
dl { display: grid; grid-template-columns: minmax(5rem, 9rem) minmax(0, 1fr); gap: 0.1rem 0.75rem; margin: 0.5rem 0; }
dt { grid-column: 1; color: var(--dim); } dd { grid-column: 2; margin: 0; min-width: 0; }
article h3 { margin: 0; }
ol.chain { display: flex; align-items: flex-start; flex-wrap: wrap; gap: 0.5rem 2rem; list-style: none; margin: 0.75rem 0; padding: 0; }
ol.chain > li { position: relative; flex: 1 1 14rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 0.4rem; padding: 0.5rem 0.75rem; min-width: 0; }
ol.chain > li + li::before { content: "\\2190" / ""; position: absolute; left: -1.5rem; color: var(--dim); }
ol.chain p { margin: 0; font-weight: 700; }
mark { background: var(--mark); color: var(--mark-text); padding: 0 0.2rem; font-weight: 700; }
svg.bar { display: block; width: 100%; max-width: 30rem; height: 0.6rem; background: var(--card); }
svg.bar rect { fill: var(--dim); }
svg.bar line { stroke: var(--wrong); stroke-width: 0.6; }
pre { margin: 0.5rem 0 0; padding: 0.5rem; background: var(--card); white-space: pre-wrap; }
@media print { :root { --back: #ffffff; --card: #ffffff; --line: #888888; --text: #000000; --dim: #333333; --right: #0a6128;
  --wrong: #a8101a; --warning: #6e4400; --inconclusive: #333333; --mark: #ffe9a8; --mark-text: #000000; }
  body { max-width: none; padding: 0; } .scroll { overflow: visible; } * { print-color-adjust: exact; } }
`;
